"""What a WSGI server is pointed at: `gunicorn wsgi:app`, with the settings of webui/settings.py in the environment."""

from webui.app import create_app
from webui.settings import read_settings

app = create_app(read_settings())
