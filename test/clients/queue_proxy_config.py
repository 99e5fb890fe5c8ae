"""The logging configuration of Chronologer's README for chronologer.client."""
import logging.config


def configure(**options):
    """`options` are laid over the handler's part; the rest is as the README has it."""
    handler = {
        'class': 'chronologer.client.QueueProxyHandler',
        'queue': {'()': 'queue.Queue', 'maxsize': 10 ** 4},
        'target': 'ext://chronologer.client.BatchJsonHandler',
        'prefix': 'appname',
        'capacity': 128,
        'url': '/api/v1/record',
        'flushLevel': 'ERROR',
        'flushTimeout': 30,
    }
    handler.update(options)
    logging.config.dictConfig({
        'version': 1,
        'disable_existing_loggers': False,
        'handlers': {'http': handler},
        'root': {'handlers': ['http'], 'level': 'DEBUG'},
    })
