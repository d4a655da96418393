"""The report to take along: as PDF and as a document to go on writing in. All work is for a thread of its own."""

from backend.incidents.review.printing.document import docx_of
from backend.incidents.review.printing.sheets import pdf_of

__all__ = ["docx_of", "pdf_of"]
