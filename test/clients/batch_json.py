"""The application of application.py with chronologer.client.

Usage: batch_json.py HOST:PORT PASSWORD LOGGER. Writes to stdout, a JSON document a line, each record as the API has to
give it back, in the order of logging.
"""
import json
import sys

from chronologer.client import BatchJsonHandler

from application import log_everything
from expectation import expected, json_value
from queue_proxy_config import configure

host, password, name = sys.argv[1:]


class WriteExpectation(BatchJsonHandler):
    """The handler itself; what it is given is written down."""

    def emit(self, record):
        sys.stdout.write(json.dumps(expected(record, json_value)) + '\n')
        super().emit(record)


configure(host=host, credentials=('logger', password), prefix=name, target=WriteExpectation)
# Python's json refuses a tuple as a key, and the client then writes the whole batch to stderr.
log_everything('shop', without=['tuple_key'])
