"""localstripe on a port of 127.0.0.1, without its file on the disk. usage: localstripe_server.py PORT"""

import sys

from aiohttp import web
from localstripe import server
from localstripe.resources import PaymentIntent, StripeObject, store


def list_payments(cls, url, customer=None, **options):
    """As Stripe does: those of a customer, the newest first."""
    found = StripeObject._api_list_all.__func__(cls, url, **options)
    found._list = [payment for payment in found._list if customer in (None, payment.customer)]
    found._list.sort(key=lambda payment: payment.created, reverse=True)
    return found


PaymentIntent._api_list_all = classmethod(list_payments)
store.dump_to_disk = lambda: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
