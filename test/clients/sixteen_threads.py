"""An application whose 16 threads log as fast as they can, each its own name and a number of its own counting.

Usage: sixteen_threads.py HOST:PORT PASSWORD RECORDS-A-THREAD HANDLER, where HANDLER is QueueProxyHandler or HTTPHandler.
"""
import logging
import logging.handlers
import sys
import threading

from queue_proxy_config import configure

host, password, count, handler = sys.argv[1:]
credentials = ('logger', password)

if handler == 'QueueProxyHandler':
    configure(host=host, credentials=credentials)
else:
    http = logging.handlers.HTTPHandler(host, '/api/v1/record', 'POST', credentials=credentials)
    logging.basicConfig(level=logging.DEBUG, handlers=[http])


def work(thread):
    log = logging.getLogger('thread.%d' % thread)
    for number in range(int(count)):
        log.info('record %d of thread %d', number, thread, extra={'number': number, 'worker': thread})


threads = [threading.Thread(target=work, args=(thread,)) for thread in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
