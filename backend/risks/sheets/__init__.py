"""The usual workbook 《安全风险分级管控清单》: read from whatever a plant has, written so that it comes back whole."""
