"""What an application logs: every level, every kind of argument, extra values of every type, exceptions, stacks."""
import datetime
import decimal
import logging
import threading


class Order:
    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return '<Order %d>' % self.number


class Deceiver:
    """An object whose text looks like a literal."""

    def __str__(self):
        return "{'total': 12, 'items': (1, 2)}"


EXTRA = {
    'text': 'plain', 'empty': '', 'blank': '   ', 'unicode': 'Zoë ☃ 😀 中文', 'nul': 'a\x00b', 'quotes': '"double" \'single\'',
    'lines': 'one\ntwo\r\nthree\ttab', 'backslash': 'C:\\new\\table', 'form': 'a=1&b=2;c=3+4%20%zz', 'long': 'x' * 70000,
    'integer': 42, 'negative': -7, 'zero': 0, 'beyond_double': 2 ** 53 + 1, 'huge': 10 ** 60 + 7, 'minus_huge': -2 ** 64 - 1,
    'float': 1.5, 'tenth': 0.1, 'sum': 0.1 + 0.2, 'tiny': 5e-324, 'large': 1.7976931348623157e308, 'minus_zero': -0.0,
    'exponent': 1e22, 'nan': float('nan'), 'infinite': float('inf'), 'minus_infinite': float('-inf'),
    'none': None, 'yes': True, 'no': False, 'complex': 3 + 4j, 'ellipsis': ...,
    'list': [1, 'two', [3.0, None, True]], 'empty_list': [], 'tuple': (1, ('two',)), 'empty_tuple': (), 'one_tuple': (1,),
    'dict': {'a': {'b': [1, {'c': None}]}, 'quote\'d': "it's"}, 'empty_dict': {}, 'odd_keys': {1: 'one', None: 0, True: 2, 2.5: 3}, 'tuple_key': {(1, 2): 4},
    'set': {7}, 'empty_set': set(), 'set_inside': [{7}, b'\xff'], 'frozen': frozenset([1]),
    'bytes': b'abc', 'bytes_like_number': b'17', 'bytearray': bytearray(b'abc'),
    'date': datetime.date(2020, 1, 2), 'datetime': datetime.datetime(2020, 1, 2, 3, 4, 5, 678), 'decimal': decimal.Decimal('1.10'),
    'object': Order(5), 'objects': [Order(5)], 'deceiver': Deceiver(), 'class': Order, 'range': range(3),
    'number_text': '42', 'none_text': 'None', 'quoted_text': "'quoted'", 'list_text': '[1, 2', 'comment_text': '# no value', 'nan_inside': [float('nan')],
    'Schlüssel': 1, 'with space': 2, 'with=sign&': 3, 'dotted.key': 4,
}


def log_everything(name, without=()):
    """Logs to the logger `name` and a child of it, leaving the extra values named in `without` out."""
    extra = {key: value for key, value in EXTRA.items() if key not in without}
    log = logging.getLogger(name)
    for level in (1, logging.DEBUG, logging.INFO, logging.WARNING, 35, logging.ERROR, logging.CRITICAL, 1000):
        log.log(level, 'level %s', level) if level > 1 else logging.getLogger(name + '.child').log(10, 'a child')
    logging.addLevelName(25, 'NOTICE')
    log.log(25, 'a custom level')
    log.info('plain')
    log.info('')
    log.info('percent %% and %s', 'args')
    log.info('%s has %d items for %.2f', 'Zoë', 3, 9.5)
    log.info('%(who)s by name', {'who': 'zoe', 'n': [1, 2]})
    log.info('with an object %s', Order(6))
    log.info('unicode ☃ 😀 "quotes" \'single\' & = + %% \n newline \t tab \\ back \x00 nul')
    log.info({'a': 'message', 'that': ['is', 'a', 'dict']})
    log.info(42)
    log.info(Order(7))
    log.info('every type', extra=extra)
    for key, value in sorted(extra.items()):
        log.info('one of them', extra={key: value})
    log.critical('with the stack', stack_info=True)
    log_exceptions(log)
    thread = threading.Thread(target=log.warning, args=('from a thread',), name='Wörker "1"')
    thread.start()
    thread.join()


def log_exceptions(log):
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception('failed for %s', 'zoe')
        log.error('and with extra', exc_info=True, stack_info=True, extra={'order': 5})
    try:
        try:
            {}['missing ☃']
        except KeyError as error:
            raise ValueError('two\nlines') from error
    except ValueError as error:
        log.warning('chained', exc_info=error)
