"""An application with chronologer.client that does what it is told.

Usage: queue_proxy.py OPTIONS, a JSON object of options for the handler. Each line of standard input is a JSON object
{"log": message, "level", "logger", "args", "extra"}: a record to log. The end of its input is the end of the
application; what is logged then is what logging does at exit.
"""
import json
import logging
import sys

from queue_proxy_config import configure

options = json.loads(sys.argv[1])
# The README has the credentials as a tuple.
options['credentials'] = tuple(options['credentials'])
configure(**options)

for line in sys.stdin:
    order = json.loads(line)
    logger = logging.getLogger(order.get('logger'))
    level = logging.getLevelName(order.get('level', 'INFO'))
    logger.log(level, order['log'], *order.get('args', []), extra=order.get('extra'))
