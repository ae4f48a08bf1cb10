### Alarms: what is the matter, and what to do.

alarm-payment-mismatch = The gateway tells of another amount, currency or order than the shop asked for.
alarm-payment-mismatch-cure = Do not ship. Find the payment in the gateway's dashboard by the reference on the order's page. If it took the wrong amount, refund it there and ask the buyer to order anew.
alarm-paid-after-refusal = A payment that the gateway had refused was taken after all.
alarm-paid-after-refusal-cure = Look at the order. If the buyer paid another way too, refund one of the payments; if not, the order is paid and can be shipped.
alarm-paid-twice = An order was paid twice.
alarm-paid-twice-cure = Compare the order's attempts with the gateway's dashboard and refund one of the payments.
alarm-paid-after-cancel = An order was paid after it had been cancelled.
alarm-paid-after-cancel-cure = Check whether its items are still in stock. Ship it, or refund it and write to the buyer.
alarm-authorization-ended = Money that was held for an order is not held any more, and was not taken.
alarm-authorization-ended-cure = Do not ship. Write to the buyer and ask for a new payment; next time take the money sooner.
alarm-capture-failed = The gateway refused to take money that it had held for an order.
alarm-capture-failed-cure = Do not ship yet. Look at the payment in the gateway's dashboard: it tells why. If it cannot be taken there, ask the buyer for a new payment.
alarm-refund-failed = A refund failed. The buyer does not have the money back.
alarm-refund-failed-cure = Look at the order and at the gateway's dashboard. Try again, or pay the buyer back another way and note it with the order.
alarm-refunded-elsewhere = Money of an order went back without a refund of this shop.
alarm-refunded-elsewhere-cure = Somebody refunded it in the gateway's dashboard, or the buyer's bank took it back. Find out which there, before anything ships.
alarm-unsettled = The gateway has not told for a long time how a payment went.
alarm-unsettled-cure = Do not ship, and do not ask the buyer to pay again. Find the payment in the gateway's dashboard. The shop keeps asking, and settles the order as soon as it is told.
alarm-card-testing = Somebody tries many cards at this shop.
alarm-card-testing-cure = The shop slows them down by itself. Look through the latest orders for strange ones before shipping, and tell your gateway's support if it goes on.
alarm-gateway-refuses-key = The gateway refuses this shop's key. Nobody can pay.
alarm-gateway-refuses-key-cure = Make a new key in the gateway's dashboard and enter it under Payments.
alarm-gateway-down = The gateway does not answer. Nobody can pay.
alarm-gateway-down-cure = Look at the gateway's status page. If it is up, check this machine's network and its name servers.
alarm-webhook-signatures = Messages in the gateway's name arrive with wrong signatures. The shop ignores them.
alarm-webhook-signatures-cure = If you changed the signing secret in the gateway's dashboard, enter the new one under Payments. If you did not, somebody else sends them, and nothing needs to be done.
