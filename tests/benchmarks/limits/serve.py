"""Serves one of the limits as `clickledger serve` serves: uvicorn with the same options, on a free port, its address printed.

`python -m tests.benchmarks.limits.serve serve --port 0 reading|redirect|webhook <database address>`; the first words are those of `Server`.
"""

import importlib
import socket
import sys

import uvicorn


def main() -> None:
    name, address = sys.argv[-2:]
    app = importlib.import_module(f"tests.benchmarks.limits.{name}").create(address)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(2_048)
        print(f"Address   http://127.0.0.1:{listener.getsockname()[1]}")
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, server_header=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
