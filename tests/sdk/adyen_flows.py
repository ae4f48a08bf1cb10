"""Runs the basic flows of Adyen's own SDK, unchanged, against the double whose address it is given.

The SDK knows no other host than Adyen's. So it calls that: a proxy for CONNECT, which `requests` takes from the
environment, leads to the double, and the double shows a certificate for `checkout-test.adyen.com`.
"""

import http.server
import json
import os
import socket
import threading
import time
import urllib.parse

import Adyen
import requests
from Adyen.util import is_valid_hmac_notification

API, ROOT, SECRET = os.environ["API"], os.environ["ROOT"], os.environ["SECRET"]
DOUBLE = urllib.parse.urlsplit(API)
HOST = "checkout-test.adyen.com"
SHOP = "https://shop.example/return"
MERCHANT = "CashCowTest"

heard = []
tunnels = []


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_CONNECT(self):
        tunnels.append(self.path)
        there = socket.create_connection((DOUBLE.hostname, DOUBLE.port))
        self.send_response(200)
        self.end_headers()
        here = self.connection

        def carry(source, target):
            try:
                while piece := source.recv(65536):
                    target.sendall(piece)
                target.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=carry, args=(there, here), daemon=True)
        back.start()
        carry(here, there)
        back.join()

    def log_message(self, *_):
        pass


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[accepted]")

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


os.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{serve(Proxy)}"
os.environ["NO_PROXY"] = "127.0.0.1"
os.environ["REQUESTS_CA_BUNDLE"] = ROOT
adyen = Adyen.Adyen(xapikey="AQEdoubleOfATest0123", platform="test", merchant_account=MERCHANT)
payments, changes = adyen.checkout.payments_api, adyen.checkout.modifications_api
number = iter(range(1, 1000))


def card(number="4111111111111111", holder="Ada Osei", code="737"):
    return {
        "type": "scheme",
        "number": number,
        "expiryMonth": "03",
        "expiryYear": "2040",
        "cvc": code,
        "holderName": holder,
    }


def wanted(method=None, **more):
    return {
        "merchantAccount": MERCHANT,
        "amount": {"value": 2490, "currency": "EUR"},
        "reference": f"sdk-{next(number)}",
        "paymentMethod": method or card(),
        "returnUrl": SHOP,
        "origin": "https://shop.example",
        "channel": "Web",
        "shopperIP": "192.0.2.1",
        "browserInfo": {"userAgent": "a browser", "acceptHeader": "text/html"},
        "authenticationData": {"threeDSRequestData": {"nativeThreeDS": "disabled"}},
        "shopperInteraction": "Ecommerce",
        "metadata": {"order": "1001"},
        **more,
    }


def paid(**more):
    answer = payments.payments(wanted(**more)).message
    assert answer["resultCode"] == "Authorised", answer
    return answer


def change(**more):
    return {"merchantAccount": MERCHANT, "reference": f"sdk-{next(number)}", **more}


def money(value):
    return {"amount": {"value": value, "currency": "EUR"}}


def refused(kind, call, *arguments, **named):
    """The error that must come."""
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call} was not refused")


def told(event, psp):
    """The item that must be heard, signed; `psp` is the event's own or its payment's."""
    until = time.time() + 20
    while time.time() < until:
        for notice in list(heard):
            item = notice["notificationItems"][0]["NotificationRequestItem"]
            if item["eventCode"] == event and psp in (item["pspReference"], item.get("originalReference")):
                assert is_valid_hmac_notification(notice, SECRET)
                assert not is_valid_hmac_notification(notice, "00" * 32)
                assert notice["live"] == "false" and item["merchantAccountCode"] == MERCHANT
                return item
        time.sleep(0.05)
    raise AssertionError(f"no {event} of {psp}")


def payments_and_declines():
    request = wanted()
    answer = payments.payments(request).message
    assert answer["resultCode"] == "Authorised" and answer["merchantReference"] == request["reference"]
    assert answer["amount"] == {"value": 2490, "currency": "EUR"}
    item = told("AUTHORISATION", answer["pspReference"])
    assert item["success"] == "true" and item["merchantReference"] == request["reference"]
    for method, code in [
        (card(holder="DECLINED"), "2"),
        (card(holder="CARD_EXPIRED"), "6"),
        (card(holder="NOT_ENOUGH_BALANCE"), "12"),
        (card(holder="CVC_DECLINED"), "24"),
        (card("4000000000000002"), "2"),
        (card("4000000000009995"), "12"),
    ]:
        answer = payments.payments(wanted(method)).message
        assert (answer["resultCode"], answer["refusalReasonCode"]) == ("Refused", code), answer
        item = told("AUTHORISATION", answer["pspReference"])
        assert item["success"] == "false" and item["reason"] == answer["refusalReason"]
    assert payments.payments(wanted(card(holder="ERROR"))).message["resultCode"] == "Error"


def three_d_secure():
    for word, result in [("ok", "Authorised"), ("fail", "Refused"), ("cancel", "Cancelled")]:
        answer = payments.payments(wanted(card("4212345678901237"))).message
        assert answer["resultCode"] == "RedirectShopper" and answer["action"]["method"] == "GET"
        page = requests.get(answer["action"]["url"], verify=ROOT, timeout=20)
        assert page.status_code == 200
        url = answer["action"]["url"] + "?" + word
        back = requests.get(url, verify=ROOT, allow_redirects=False, timeout=20).headers["location"]
        assert back.startswith(SHOP + "?redirectResult=")
        came = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["redirectResult"][0]
        details = payments.payments_details({"details": {"redirectResult": came}}).message
        assert details["resultCode"] == result, details
        told("AUTHORISATION", details["pspReference"])
    made_up = {"details": {"redirectResult": "nonsense"}}
    refused(Adyen.AdyenAPIUnprocessableEntity, payments.payments_details, made_up)


def captures():
    held = paid(additionalData={"manualCapture": "true"})["pspReference"]
    answer = changes.capture_authorised_payment(change(**money(2490)), held)
    assert answer.status_code == 201 and answer.message["status"] == "received"
    assert answer.message["paymentPspReference"] == held
    assert told("CAPTURE", answer.psp)["success"] == "true"
    again = changes.capture_authorised_payment(change(**money(2490)), held)
    assert told("CAPTURE", again.psp)["success"] == "false"


def cancels():
    held = paid(additionalData={"manualCapture": "true"})["pspReference"]
    answer = changes.cancel_authorised_payment_by_psp_reference(change(), held)
    assert told("CANCELLATION", answer.psp)["success"] == "true"
    taken = paid()["pspReference"]
    answer = changes.cancel_authorised_payment_by_psp_reference(change(), taken)
    assert told("CANCELLATION", answer.psp)["success"] == "false"
    refused(
        Adyen.AdyenAPIUnprocessableEntity, changes.cancel_authorised_payment_by_psp_reference, change(), "NOBODY"
    )


def cancels_by_reference():
    request = wanted(additionalData={"manualCapture": "true"})
    held = payments.payments(request).message["pspReference"]
    answer = changes.cancel_authorised_payment(change(paymentReference=request["reference"]))
    item = told("TECHNICAL_CANCEL", answer.psp)
    assert (item["success"], item["originalReference"]) == ("true", held)
    answer = changes.cancel_authorised_payment(change(paymentReference="nobody"))
    item = told("TECHNICAL_CANCEL", answer.psp)
    assert item["success"] == "false" and "originalReference" not in item


def refunds():
    taken = paid()["pspReference"]
    request = change(**money(1000))
    answer = changes.refund_captured_payment(request, taken, idempotency_key="refund-once")
    assert answer.message["amount"]["value"] == 1000
    item = told("REFUND", answer.psp)
    assert item["success"] == "true" and item["merchantReference"] == request["reference"]
    again = changes.refund_captured_payment(request, taken, idempotency_key="refund-once")
    assert again.psp == answer.psp
    answer = changes.refund_captured_payment(change(**money(1491)), taken)
    assert told("REFUND", answer.psp)["success"] == "false"
    late = paid(method=card(holder="refund failed"))["pspReference"]
    answer = changes.refund_captured_payment(change(**money(1000)), late)
    assert told("REFUND_FAILED", answer.psp)["success"] == "true"


def reversals():
    taken = paid()["pspReference"]
    answer = changes.refund_or_cancel_payment(change(), taken)
    assert told("CANCEL_OR_REFUND", answer.psp)["additionalData"]["modification.action"] == "refund"
    held = paid(additionalData={"manualCapture": "true"})["pspReference"]
    answer = changes.refund_or_cancel_payment(change(), held)
    assert told("CANCEL_OR_REFUND", answer.psp)["additionalData"]["modification.action"] == "cancel"


def idempotency():
    request = wanted()
    first = payments.payments(request, idempotency_key="pay-once").message
    again = payments.payments(request, idempotency_key="pay-once").message
    assert again == first
    other = refused(
        Adyen.AdyenAPIUnprocessableEntity, payments.payments, wanted(), idempotency_key="pay-once"
    )
    assert other.error_code == "704"


def refused_requests():
    error = refused(Adyen.AdyenAPIUnprocessableEntity, payments.payments, wanted(card("4111111111111112")))
    assert error.error_code == "101"
    error = refused(Adyen.AdyenAPIUnprocessableEntity, payments.payments, wanted(card(code="12")))
    assert error.error_code == "103"
    refused(Adyen.AdyenAPIValidationError, payments.payments, wanted(amountInWords="two"))
    refused(Adyen.AdyenAPIInvalidPermission, payments.payments, wanted(merchantAccount="Nobody"))
    other = Adyen.Adyen(xapikey="not a key", platform="test")
    refused(Adyen.AdyenAPIAuthenticationError, other.checkout.payments_api.payments, wanted())
    other = Adyen.Adyen(xapikey="AQEnoCardsOfATest", platform="test")
    error = refused(Adyen.AdyenAPIInvalidPermission, other.checkout.payments_api.payments, wanted())
    assert error.error_code == "010"


def main():
    print("listening", serve(Listener), flush=True)
    input()
    print("Adyen", Adyen.settings.LIB_VERSION, "for", payments.baseUrl, flush=True)
    for name, flow in [
        ("payments and declines", payments_and_declines),
        ("3-D Secure", three_d_secure),
        ("captures", captures),
        ("cancels", cancels),
        ("cancels by reference", cancels_by_reference),
        ("refunds", refunds),
        ("reversals", reversals),
        ("idempotency", idempotency),
        ("refused requests", refused_requests),
    ]:
        flow()
        print("ran:", name, flush=True)
    assert set(tunnels) == {f"{HOST}:443"}, "the SDK called somebody else"


main()
