"""The application for any WSGI server: `gunicorn wsgi:app`."""

from timeline.web.app import create_app

app = create_app()
