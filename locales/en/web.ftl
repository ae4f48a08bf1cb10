### What every page needs: banners, navigation aids, failures, forms.

skip-to-content = Skip to content
banner-dev = Development machine: not for real customers.
banner-test-gateway = Demo shop: payments are simulated; use a test card. No money moves.
error-summary-title = There is a problem
error-prefix = Error:
optional-suffix = (optional)
items-in-cart = { $count ->
    [one] 1 item
   *[other] { $count } items
}

failure-not-found-title = Page not found
failure-not-found-text = There is no page at this address. It may have moved, or the address may be incomplete.
failure-method-title = This page cannot do that
failure-method-text = The address is right, but it does not take this kind of request. Go back and use the buttons on the page.
failure-form-title = The form could not be read
failure-form-text = The form arrived incomplete or damaged. Go back, reload the page and send it again.
failure-size-title = Too much at once
failure-size-text = What was sent is larger than this page takes. Shorten it and send it again.
failure-forbidden-title = This form has expired
failure-forbidden-text = For your safety we did not act on it. Nothing was changed and nothing was charged. Go back, reload the page and try again; if that does not help, allow cookies for this shop.
failure-busy-title = Too many requests
failure-busy-text = Many requests came from your network in a short time. Wait a minute, then try again.
failure-closed-title = The shop is not open yet
failure-closed-text = This shop is still being set up. Please come back later.
failure-refused-title = Not allowed from here
failure-refused-text = This part of the machine answers only to the addresses that its operator has allowed.
failure-step-up-title = Please show once more that it is you
failure-step-up-text = This part of the console asks for your second factor again.
failure-internal-title = Something on our side failed
failure-internal-text = The page could not be made. Nothing was lost. Wait a moment and reload the page.
