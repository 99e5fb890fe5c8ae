"""An application with the standard library's HTTPHandler, configured as Chronologer's README shows it.

Usage: http_handler.py HOST:PORT PASSWORD LOGGER. Writes to stdout, a JSON document a line, each record as the API has to
give it back, in the order of logging.
"""
import json
import logging
import logging.config
import sys

from application import log_everything
from expectation import expected, form_value

host, password, name = sys.argv[1:]


class WriteExpectation(logging.Handler):
    """Stands after the HTTP handler, so that it sees what that one saw."""

    def emit(self, record):
        sys.stdout.write(json.dumps(expected(record, form_value)) + '\n')


def configure(*handlers):
    logging.config.dictConfig({
        'version': 1,
        'disable_existing_loggers': False,
        'formatters': {'console': {'format': '%(asctime)s %(levelname)s %(name)s %(message)s'}},
        'handlers': {
            'console': {'class': 'logging.StreamHandler', 'stream': 'ext://sys.stderr', 'formatter': 'console'},
            'http': {
                'class': 'logging.handlers.HTTPHandler',
                'host': host,
                'url': '/api/v1/record',
                'method': 'POST',
                'credentials': ('logger', password),
                'secure': False,
            },
            'expectation': {'()': WriteExpectation},
        },
        'root': {'handlers': list(handlers), 'level': 'DEBUG'},
    })


# Without a handler that formats, a record has neither message nor exc_text; with one before it has both.
configure('http', 'expectation')
log_everything(name)
configure('console', 'http', 'expectation')
log_everything(name)
