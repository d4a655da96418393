"""Gives out stored pictures. Who may see one, the page that is asked for it has found out before."""

from fastapi import Request, Response
from starlette.responses import FileResponse

from backend.core.files import photo_path


def show_picture(request: Request, stored: str) -> Response:
    """The picture at ``stored``, or 304: files are named by their content, so the name tells whether the browser's own
    is the same. Browsers keep it but ask each time, so that a phone that changes hands shows nothing by its cache.
    """
    path = photo_path(stored)
    tag = f'"{path.stem}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="image/webp", headers=headers)
