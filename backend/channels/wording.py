"""What kinds, topics, states and answers are called, and what to do about an answer. Pure."""

from dataclasses import dataclass

from backend.channels.answers import Reason
from backend.channels.kinds import BARE, STARTTLS, TLS, Kind, MessageKind, Topic
from backend.channels.models import MessageState
from backend.core.errors import N_

KINDS = {
    Kind.WECOM: N_("企业微信群"),
    Kind.DINGTALK: N_("钉钉群"),
    Kind.FEISHU: N_("飞书群"),
    Kind.EMAIL: N_("邮箱"),
    Kind.WEBHOOK: N_("其他系统"),
}
ABOUT = {
    Kind.WECOM: N_("群机器人，每分钟最多 20 条"),
    Kind.DINGTALK: N_("群机器人，每分钟最多 20 条，可加签"),
    Kind.FEISHU: N_("群机器人，也可用 Lark，可校验签名"),
    Kind.EMAIL: N_("用本厂的发信邮箱，周报月报带附件"),
    Kind.WEBHOOK: N_("以 JSON 发到一个地址，可校验签名"),
}
PICTURES = {
    Kind.WECOM: "message-square",
    Kind.DINGTALK: "message-square",
    Kind.FEISHU: "message-square",
    Kind.EMAIL: "send",
    Kind.WEBHOOK: "plug",
}
TOPICS = {
    Topic.ALARMS: N_("预警和报警"),
    Topic.INCIDENTS: N_("风险事件"),
    Topic.OVERDUE: N_("整改逾期"),
    Topic.WEEK: N_("安全周报"),
    Topic.MONTH: N_("安全月报"),
}
FROM_LEVELS = {
    "low": N_("低及以上"),
    "general": N_("一般及以上"),
    "significant": N_("较大及以上"),
    "major": N_("只要重大"),
}
MESSAGES = {
    MessageKind.NEWS: N_("消息"),
    MessageKind.REPORT: N_("安全报告"),
    MessageKind.TEST: N_("试发"),
}
STATES = {
    MessageState.WAITING: N_("等待发送"),
    MessageState.SENT: N_("对方已接收"),
    MessageState.GIVEN_UP: N_("没能发出"),
}
TONES = {MessageState.WAITING: "warn", MessageState.SENT: "good", MessageState.GIVEN_UP: "bad"}
SECURITIES = {
    STARTTLS: N_("STARTTLS（常用端口 587）"),
    TLS: N_("TLS（常用端口 465）"),
    BARE: N_("不加密（只限内网地址）"),
}
LANGUAGES = {"zh_CN": "中文", "en": "English"}
DONE = {
    "made": N_("渠道已建立，请试发一条"),
    "saved": N_("已保存，请试发一条"),
    "paused": N_("已暂停，期间的消息先留着"),
    "resumed": N_("已恢复，留着的消息马上发出"),
    "removed": N_("渠道已删除，地址和密钥已清除"),
}


@dataclass(frozen=True)
class Said:
    """A reason: in short, and what to do about it."""

    short: str
    advice: str


REASONS = {
    Reason.NONE: Said("", ""),
    Reason.WRONG_KEY: Said(N_("地址里的密钥不对"), N_("请在群设置里打开机器人，重新复制地址，再填到这里")),
    Reason.WRONG_SIGNATURE: Said(
        N_("签名不对"), N_("请核对加签密钥；密钥没错的，请校准安溯所在机器的时间，误差不能超过 1 小时")
    ),
    Reason.ADDRESS_NOT_ALLOWED: Said(
        N_("对方不接受本厂的网络地址"), N_("请在机器人的 IP 白名单里加上本厂的出口 IP，或改用加签")
    ),
    Reason.KEYWORD: Said(N_("消息里没有机器人要求的关键词"), N_("请把机器人的关键词设为“安溯”，每条消息都有这个词")),
    Reason.GONE: Said(N_("对方的地址已经不在"), N_("机器人可能已移出群或停用，请换一个地址")),
    Reason.LIMITED: Said(N_("对方嫌发得太快"), N_("不用处理，过一会自动再发")),
    Reason.TOO_LONG: Said(N_("对方嫌消息太长"), N_("这一条没能发出，后面的照常发")),
    Reason.BUSY: Said(N_("对方暂时忙不过来"), N_("不用处理，会自动再发")),
    Reason.UNKNOWN_ANSWER: Said(N_("对方的回答看不懂"), N_("可能被上网认证页面或代理拦住了，请检查本厂网络的出口")),
    Reason.OTHER: Said(N_("对方拒绝了"), N_("请按对方的原话处理")),
    Reason.NO_SUCH_HOST: Said(N_("找不到这个地址"), N_("请检查地址有没有写错，本机能不能解析外网域名")),
    Reason.NO_CONNECTION: Said(N_("连不上"), N_("请检查本机能不能上外网、端口有没有被防火墙挡住")),
    Reason.TIMED_OUT: Said(N_("等太久没有回答"), N_("请检查网络；会自动再试")),
    Reason.UNTRUSTED: Said(
        N_("对方的证书不可信"), N_("证书过期或不是公认机构签发；厂内自签的请把根证书装到安溯所在机器")
    ),
    Reason.FORBIDDEN_ADDRESS: Said(
        N_("不能发到这个网络地址"), N_("它是安溯所在的机器本身或网络设备的地址；确需如此，请让安装人员在配置里列出")
    ),
    Reason.INSIDE_ADDRESS: Said(N_("这是内网地址"), N_("确实是本厂内网的系统，请勾选“内网地址”")),
    Reason.REDIRECTED: Said(N_("对方让转到别的地址"), N_("安溯不跟着转，请直接填最终的地址")),
    Reason.UNAUTHORIZED: Said(N_("对方不认这个密钥"), N_("请核对地址和密钥")),
    Reason.SEALED: Said(N_("保存的密钥打不开"), N_("安溯的密钥文件换过了，请重新填写地址和密钥")),
    Reason.SIGN_IN: Said(N_("发信邮箱登录不了"), N_("请核对账号；很多邮箱要填授权码而不是登录密码")),
    Reason.NO_ENCRYPTION: Said(N_("邮件服务器不支持加密"), N_("请改用 TLS；内网的邮件服务器可以选不加密")),
    Reason.SENDER: Said(N_("邮件服务器不接受发件人"), N_("发件人一般要和登录账号相同")),
    Reason.RECIPIENTS: Said(N_("邮件服务器不接受收件人"), N_("请核对收件人的地址")),
    Reason.SOME_RECIPIENTS: Said(N_("有的收件人没有收下"), N_("请核对这些收件人的地址")),
    Reason.TOO_OLD: Said(N_("一天内没能发出"), N_("这些消息不再发，请到安溯里看")),
    Reason.REPORT_GONE: Said(N_("报告已经不在"), ""),
}
