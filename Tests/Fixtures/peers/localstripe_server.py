"""localstripe on a port of 127.0.0.1, without its file on the disk. usage: localstripe_server.py PORT"""

import sys

from aiohttp import web
from localstripe import server
from localstripe.resources import store

store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
