"""Start Libra: settings → workbench → page → launch. The entry point of a Space, too."""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402 - the clock starts before anything is imported
import logging  # noqa: E402
import os  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from models import LibraError, Workbench, find, load_settings  # noqa: E402

log = logging.getLogger("libra")


def parse_arguments() -> argparse.Namespace:
    """The command line; what a host sets in the environment (Spaces do) are the defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("GRADIO_SERVER_PORT", "7860")))
    parser.add_argument(
        "--config",
        type=Path,
        default=os.environ.get("LIBRA_CONFIG") or None,
        help="a TOML file: models, devices, memory, limits (see README)",
    )
    parser.add_argument("--preload", nargs="+", default=[], metavar="MODEL", help="ids to load at once")
    return parser.parse_args()


def warm_up(bench: Workbench, models: list[str]) -> None:
    """Load the host's choice, else what the first example needs, while the visitor still looks at the page."""
    for model in models:
        try:
            bench.load(model)
        except LibraError as error:
            log.warning("%s was not loaded: %s", model, error)


def launch(bench: Workbench, options: argparse.Namespace) -> tuple[Any, str]:
    """Serve the page. Returns the Blocks and its address.

    Models begin to load when the page is built and not yet served: what is left of the start is mostly waiting.
    """
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from ui.page import create_page
    from ui.service import Service
    from ui.theme import theme
    from ui.view import head

    service = Service(bench)

    def status(_: object) -> JSONResponse:
        return JSONResponse(service.status(), headers={"Cache-Control": "no-store"})

    page = create_page(bench)
    page.queue(max_size=64)
    preload = options.preload or [spec.id for spec in bench.settings.catalog if spec.builtin]
    threading.Thread(target=warm_up, args=(bench, preload), name="warm-up", daemon=True).start()
    _, address, _ = page.launch(
        server_name=options.host,
        server_port=options.port,
        head=head(),
        theme=theme(),
        quiet=True,
        prevent_thread_lock=True,
        show_error=True,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        state_session_capacity=2_000,  # Gradio keeps the boxes of each, for an hour after it has left
        max_file_size="20mb",
        footer_links=[],
        app_kwargs={"routes": [Route("/libra/status", status)]},
    )
    return page, address


def main() -> None:
    """Start, say so in one line, then serve until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    options = parse_arguments()
    try:
        bench = Workbench(load_settings(options.config))
        for model in options.preload:
            find(model, bench.settings.catalog)
    except LibraError as error:
        raise SystemExit(f"libra: {error}") from error
    try:
        page, address = launch(bench, options)
    except OSError as error:
        where = f"{options.host}:{options.port}"
        raise SystemExit(f"libra: cannot listen on {where}, another program may. Choose another --port.") from error
    print(f"Libra is up at {address} after {time.perf_counter() - STARTED:.1f} s", flush=True)
    try:
        page.block_thread()
    finally:
        bench.close()


if __name__ == "__main__":
    main()
