"""The app: settings and runtime become a Flask application; every route states who may enter, every error is problem details."""

from datetime import timedelta

from flask import Flask
from flask_security import Security
from werkzeug.middleware.proxy_fix import ProxyFix

from webui.access import guard_routes
from webui.api.nouns import NOUNS
from webui.demo.stage import Stage
from webui.headers import register_headers
from webui.health import register_health
from webui.log_files import register_log_files
from webui.openapi import make_api
from webui.openapi_parts import register_parts
from webui.pages.demo import register_demo
from webui.pages.languages import register_languages
from webui.pages.nouns import NOUNS as PAGES
from webui.pages.problem_pages import register_problem_pages
from webui.pages.rendering import register_rendering
from webui.people.persons import PersonStore
from webui.problems import register_problems
from webui.reading_json import BODY_BYTES
from webui.reading_text import guard_text
from webui.runtime import Runtime, open_runtime
from webui.settings import Settings
from webui.worker import start_worker_thread

SESSION_HOURS = 12


def create_app(settings: Settings, runtime: Runtime | None = None, stage: Stage | None = None) -> Flask:
    """Make the application; with no runtime given, one is opened, and on SQLite a worker is carried along.

    Only `symbiosis demo` gives a stage: without one the demo's pages are not there at all.
    """
    app = Flask("webui", static_folder=None)
    if runtime is None:
        runtime = open_runtime(settings)
        if settings.serves_sequencer:
            app.extensions["symbiosis-worker"] = start_worker_thread(runtime)
    app.extensions["symbiosis"] = runtime
    configure(app, settings)
    register_people(app, runtime)
    register_problems(app)
    register_headers(app)
    register_languages(app)
    register_rendering(app)
    register_problem_pages(app)
    guard_routes(app, runtime)
    guard_text(app)
    register_parts(app)
    api = make_api(app)
    for routes in NOUNS:
        api.register_blueprint(routes.blueprint)
    for pages in PAGES:
        app.register_blueprint(pages.blueprint)
    register_log_files(app)
    register_health(app, runtime)
    if stage is not None:
        register_demo(app, stage)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # as Flask's manual has it
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Set what Flask and its extensions read."""
    cost = settings.password_cost
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=BODY_BYTES,
        SESSION_COOKIE_NAME="symbiosis_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        WTF_CSRF_TIME_LIMIT=None,  # a CSRF token lives as long as its session
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106 - the name of a method
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],  # plain argon2id: commands make the same hashes without an app
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={
            "argon2__time_cost": cost.time,
            "argon2__memory_cost": cost.memory,
            "argon2__parallelism": cost.parallelism,
        },
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_PASSWORD_SALT="unused",  # noqa: S106 - each argon2 hash carries its own
    )


def register_people(app: Flask, runtime: Runtime) -> None:
    """Let persons log in; Flask-Security's own routes are not served, ours in api/session.py are."""
    security = Security(app, PersonStore(runtime.reading, runtime.writing), register_blueprint=False)
    security.login_manager.request_loader(lambda _request: None)  # its tokens would be a second way in
