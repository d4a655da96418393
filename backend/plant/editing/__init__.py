"""The plant edited by its own people: things and their order, plans to draw on, links, workbooks, and taking back."""
