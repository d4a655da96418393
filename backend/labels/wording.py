"""Codes in words: msgids (Chinese) that templates translate."""

from backend.core.errors import N_

KINDS = {"equipment": N_("设备"), "area": N_("区域")}
STATES = {"without": N_("没有标签"), "with": N_("已有标签")}
DONE = {"replaced": N_("已换新标签，旧标签作废。请打印后贴上"), "revoked": N_("标签已作废")}
REASONS = (N_("破损"), N_("丢失"), N_("疑似被复制"), N_("贴错位置"))
"""What most often is wrong with a label; another reason may be typed."""
