"""Runs the basic flows of Stripe's own SDK against the double whose address it is given."""

import http.server
import os
import threading
import time

import requests
import stripe

API, ROOT, SECRET = os.environ["API"], os.environ["ROOT"], os.environ["SECRET"]
SHOP = "https://shop.example/return"

stripe.api_base = API
stripe.ca_bundle_path = ROOT
stripe.api_key = "sk_test_of_the_sdk"
stripe.max_network_retries = 2

heard = []


class Listener(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        heard.append((body, self.headers["stripe-signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def card(number):
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}}


def made(**more):
    wanted = {"amount": 2490, "currency": "eur", "payment_method_types": ["card"], "metadata": {"order": "1001"}}
    return stripe.PaymentIntent.create(**{**wanted, **more})


def paid(**more):
    return made(confirm=True, payment_method="pm_card_visa", return_url=SHOP, **more)


def refused(kind, call, *arguments, **named):
    """The error that must come."""
    try:
        call(*arguments, **named)
    except kind as error:
        return error
    raise AssertionError(f"{call} was not refused")


def browse(url):
    """What a shopper's browser would be sent to."""
    answer = requests.get(url, verify=ROOT, allow_redirects=False, timeout=20)
    return answer.status_code, answer.headers.get("location", "")


def create_and_retrieve():
    intent = made(description="Order 1001")
    assert intent.status == "requires_payment_method" and intent.amount == 2490 and not intent.livemode
    again = stripe.PaymentIntent.retrieve(intent.id)
    assert again.metadata["order"] == "1001" and again.client_secret == intent.client_secret


def confirm_with_a_card():
    intent = made()
    intent = stripe.PaymentIntent.confirm(
        intent.id, payment_method_data=card("5555555555554444"), return_url=SHOP, expand=["latest_charge"]
    )
    assert intent.status == "succeeded" and intent.amount_received == 2490
    shown = intent.latest_charge.payment_method_details.card
    assert (shown.brand, shown.last4) == ("mastercard", "4444")
    intent = stripe.PaymentIntent.retrieve(intent.id, expand=["payment_method"])
    assert intent.payment_method.card.last4 == "4444" and isinstance(intent.latest_charge, str)


def create_and_confirm_at_once():
    assert paid().status == "succeeded"


def declines():
    for number, code, decline, advice in [
        ("4000000000000002", "card_declined", "generic_decline", "try_again_later"),
        ("4000000000009995", "card_declined", "insufficient_funds", "try_again_later"),
        ("4000000000009987", "card_declined", "lost_card", "do_not_try_again"),
        ("4000000000009979", "card_declined", "stolen_card", "do_not_try_again"),
        ("4100000000000019", "card_declined", "fraudulent", "do_not_try_again"),
        ("4000000000000069", "expired_card", None, "confirm_card_data"),
        ("4000000000000127", "incorrect_cvc", None, "confirm_card_data"),
        ("4000000000000119", "processing_error", None, "try_again_later"),
        ("4242424242424241", "incorrect_number", None, None),
    ]:
        intent = made()
        data = card(number)
        error = refused(stripe.CardError, stripe.PaymentIntent.confirm, intent.id, payment_method_data=data)
        assert error.http_status == 402 and error.code == code, (number, error.code)
        assert error.error.get("decline_code") == decline, number
        assert error.error.get("advice_code") == advice, number
        now = stripe.PaymentIntent.retrieve(intent.id)
        assert now.status == "requires_payment_method"
        if advice:
            assert now.last_payment_error.code == code
    # The same payment takes another card.
    assert stripe.PaymentIntent.confirm(intent.id, payment_method="pm_card_visa").status == "succeeded"


def three_d_secure():
    def asked(number):
        intent = stripe.PaymentIntent.confirm(made().id, payment_method_data=card(number), return_url=SHOP)
        assert intent.status == "requires_action" and intent.next_action.type == "redirect_to_url"
        assert intent.next_action.redirect_to_url.return_url == SHOP
        return intent.id, intent.next_action.redirect_to_url.url

    id, url = asked("4000000000003220")
    assert browse(url)[0] == 200
    status, back = browse(url + "?ok")
    assert status == 302 and back.startswith(SHOP + "?payment_intent=" + id), back
    assert back.endswith("redirect_status=succeeded") and "payment_intent_client_secret=" in back
    assert stripe.PaymentIntent.retrieve(id).status == "succeeded"
    id, url = asked("4000002760003184")
    assert browse(url + "?fail")[1].endswith("redirect_status=failed")
    intent = stripe.PaymentIntent.retrieve(id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    id, url = asked("4000008400001629")
    assert browse(url + "?ok")[1].endswith("redirect_status=failed")
    assert stripe.PaymentIntent.retrieve(id).last_payment_error.decline_code == "generic_decline"
    id, url = asked("4000000000003220")
    stripe.PaymentIntent.cancel(id)
    browse(url + "?ok")
    assert stripe.PaymentIntent.retrieve(id).status == "canceled"
    error = refused(
        stripe.CardError,
        stripe.PaymentIntent.confirm,
        made().id,
        payment_method_data=card("4000000000003220"),
        error_on_requires_action=True,
    )
    assert error.code == "authentication_required"


def manual_capture():
    intent = paid(capture_method="manual")
    assert intent.status == "requires_capture" and intent.amount_capturable == 2490
    error = refused(
        stripe.InvalidRequestError, stripe.PaymentIntent.capture, intent.id, amount_to_capture=2491
    )
    assert error.code == "amount_too_large"
    intent = stripe.PaymentIntent.capture(intent.id, amount_to_capture=2000)
    assert intent.status == "succeeded" and intent.amount_received == 2000
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.capture, intent.id)
    assert error.code == "payment_intent_unexpected_state"
    refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=intent.id, amount=2001)


def cancel():
    intent = stripe.PaymentIntent.cancel(made().id, cancellation_reason="abandoned")
    assert intent.status == "canceled" and intent.cancellation_reason == "abandoned"
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.cancel, intent.id)
    assert error.code == "payment_intent_unexpected_state"
    assert error.error.payment_intent.status == "canceled"
    held = paid(capture_method="manual")
    assert stripe.PaymentIntent.cancel(held.id).status == "canceled"
    assert stripe.Charge.retrieve(held.latest_charge).amount_captured == 0


def refunds():
    intent = paid()
    refund = stripe.Refund.create(
        payment_intent=intent.id, amount=1000, reason="requested_by_customer", idempotency_key=f"{intent.id}-r1"
    )
    assert refund.status == "succeeded" and refund.amount == 1000 and refund.payment_intent == intent.id
    again = stripe.Refund.create(
        payment_intent=intent.id, amount=1000, reason="requested_by_customer", idempotency_key=f"{intent.id}-r1"
    )
    assert again.id == refund.id
    error = refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=intent.id, amount=1491)
    assert error.param == "amount"
    rest = stripe.Refund.create(payment_intent=intent.id)
    assert rest.amount == 1490
    error = refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=intent.id)
    assert error.code == "charge_already_refunded"
    listed = [one.id for one in stripe.Refund.list(payment_intent=intent.id, limit=1).auto_paging_iter()]
    assert listed == [rest.id, refund.id], listed
    assert stripe.Refund.retrieve(refund.id, expand=["charge"]).charge.refunded
    refused(stripe.InvalidRequestError, stripe.Refund.create, payment_intent=made().id)
    waiting = made(confirm=True, payment_method="pm_card_pendingRefund")
    assert stripe.Refund.create(payment_intent=waiting.id).status == "pending"


def checkout_sessions():
    def session(**more):
        return stripe.checkout.Session.create(
            mode="payment",
            line_items=[
                {
                    "quantity": 2,
                    "price_data": {"currency": "eur", "unit_amount": 1245, "product_data": {"name": "Mug"}},
                }
            ],
            payment_intent_data={"metadata": {"order": "1001", "attempt": "abc"}},
            client_reference_id="1001",
            success_url=SHOP + "?session={CHECKOUT_SESSION_ID}",
            cancel_url=SHOP + "?cancelled",
            expires_at=int(time.time()) + 1800,
            **more,
        )

    one = session()
    assert one.status == "open" and one.amount_total == 2490 and one.payment_intent is None
    assert browse(one.url)[0] == 200
    assert browse(one.url + "?cancel") == (302, SHOP + "?cancelled")
    assert browse(one.url + "?pay=pm_card_visa_chargeDeclined")[0] == 402
    assert stripe.checkout.Session.retrieve(one.id).status == "open"
    assert browse(one.url + "?pay") == (302, f"{SHOP}?session={one.id}")
    one = stripe.checkout.Session.retrieve(one.id, expand=["payment_intent.latest_charge"])
    assert (one.status, one.payment_status, one.url) == ("complete", "paid", None)
    assert one.payment_intent.metadata["attempt"] == "abc" and one.client_reference_id == "1001"
    assert one.payment_intent.latest_charge.captured
    refused(stripe.InvalidRequestError, stripe.checkout.Session.expire, one.id)
    found = stripe.checkout.Session.list(payment_intent=one.payment_intent.id)
    assert [each.id for each in found] == [one.id]
    two = session()
    assert stripe.checkout.Session.expire(two.id).status == "expired"
    assert browse(two.url + "?pay")[0] == 402
    refused(stripe.InvalidRequestError, stripe.checkout.Session.create, mode="payment", success_url=SHOP)


def idempotency():
    first = made(idempotency_key="the-same")
    again = made(idempotency_key="the-same")
    assert again.id == first.id and "idempotent-replayed" not in first.last_response.headers
    assert again.last_response.headers["idempotent-replayed"] == "true"
    error = refused(stripe.IdempotencyError, made, amount=2491, idempotency_key="the-same")
    assert error.http_status == 400
    # A refused card is remembered too: another try needs another key.
    declined = made()
    for _ in range(2):
        refused(
            stripe.CardError,
            stripe.PaymentIntent.confirm,
            declined.id,
            payment_method="pm_card_visa_chargeDeclined",
            idempotency_key="refused-once",
        )


def repeats_after_faults():
    """The SDK repeats by itself under one key, and nothing happens twice."""
    for about in ["cut after it was done", "turned away"]:
        intent = paid(description=about)
        assert intent.status == "succeeded" and intent.description == about
    error = refused(stripe.APIError, paid, description="failed after it was done")
    assert error.http_status == 500 and error.headers["idempotent-replayed"] == "true"


def refused_requests():
    error = refused(stripe.InvalidRequestError, made, amount_in_words="two")
    assert error.param == "amount_in_words" and error.code == "parameter_unknown"
    refused(stripe.InvalidRequestError, stripe.PaymentIntent.create, currency="eur")
    error = refused(stripe.InvalidRequestError, stripe.PaymentIntent.retrieve, "pi_nobody")
    assert error.http_status == 404 and error.code == "resource_missing"
    refused(stripe.AuthenticationError, made, api_key="not a key")


def webhooks():
    wanted = {
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.amount_capturable_updated",
        "charge.refunded",
        "checkout.session.completed",
        "checkout.session.expired",
    }
    topics = set()
    until = time.time() + 20
    while not wanted <= topics and time.time() < until:
        time.sleep(0.1)
        topics = {stripe.Webhook.construct_event(body, mark, SECRET).type for body, mark in list(heard)}
    assert wanted <= topics, wanted - topics
    body, mark = heard[0]
    event = stripe.Webhook.construct_event(body, mark, SECRET)
    assert event.api_version == stripe.api_version and event.data.object.id
    assert stripe.Event.retrieve(event.id).type == event.type
    forged = stripe.SignatureVerificationError
    refused(forged, stripe.Webhook.construct_event, body, mark, "whsec_of_somebody_else")
    refused(forged, stripe.Webhook.construct_event, body + b" ", mark, SECRET)


def main():
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    print("listening", listener.server_port, flush=True)
    input()
    print("stripe", stripe.VERSION, "for", stripe.api_version, flush=True)
    for name, flow in [
        ("create and retrieve", create_and_retrieve),
        ("confirm with a card", confirm_with_a_card),
        ("create and confirm at once", create_and_confirm_at_once),
        ("declines", declines),
        ("3-D Secure", three_d_secure),
        ("manual capture", manual_capture),
        ("cancel", cancel),
        ("refunds", refunds),
        ("checkout sessions", checkout_sessions),
        ("idempotency", idempotency),
        ("repeats after faults", repeats_after_faults),
        ("refused requests", refused_requests),
        ("webhooks", webhooks),
    ]:
        flow()
        print("ran:", name, flush=True)


main()
