"""Drives the Python client of offlog: reads requests as JSON lines, and answers each with a line of JSON.

A request is {"call": NAME, "args": [...], "kwargs": {...}}; NAME is ProxyFile or Logger, which become the object that
further calls go to, or a method of it. {"bytes": TEXT} stands for bytes, each a character of TEXT, times
{"times": N}. The answer is {} or {"error": CLASS, "text": MESSAGE}.
"""

import json, sys
import offlog

# What a Logger prints goes where it belongs, so that answers stay apart from it.
answers = sys.stdout
sys.stdout = sys.stderr
target = None


def value(given):
    if not isinstance(given, dict):
        return given
    return given['bytes'].encode('latin1') * given.get('times', 1)


def call(name, args, kwargs):
    global target
    if name in ('ProxyFile', 'Logger'):
        target = getattr(offlog, name)(*args, **kwargs)
    elif name == 'exception':
        try:
            raise ZeroDivisionError('division by zero')
        except ZeroDivisionError:
            target.exception(*args)
    else:
        getattr(target, name)(*args, **kwargs)


for line in sys.stdin:
    request = json.loads(line)
    answer = {}
    try:
        call(request['call'], [value(each) for each in request.get('args', [])], request.get('kwargs', {}))
    except Exception as error:
        answer = {'error': type(error).__name__, 'text': str(error)}
    print(json.dumps(answer), file=answers, flush=True)
