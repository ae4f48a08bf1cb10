### Texts of the storefront.

go-home = Go to the start page
nav-categories = Categories
foot-contact = Questions? Write to

## Prices, stock, lists

price-now = Price now:
price-former = Former price:
price-from = from
price-with-tax = Includes { $rate } % tax,
price-plus-delivery = plus delivery
card-sold-out = Sold out
stock-sold-out = Sold out
stock-few = Only { $count } left
stock-enough = In stock
quantity-label = Quantity
quantity-wrong = Quantity: write a number from 1 to { $most }
quantity-wrong-in-cart = { $title }: write a number from 0 to { $most }; 0 takes the item out

home-title = Start
home-all = See all { $count }
home-reduced = Reduced now
home-look = Have a look
home-delivery = Delivery from { $price }
home-prices = Prices include tax
home-cards = Your card is never stored.
home-cards-how = How that works
home-empty-title = There is nothing on sale yet
home-empty-text = Please come back later, or write to us:

list-products = Products
list-count = { $count ->
    [one] 1 product
   *[other] { $count } products
}
pager-label = Pages
pager-earlier = Previous page
pager-later = Next page
pager-position = Page { $number } of { $pages }

search-label = Search products
search-button = Search
search-title = Search
search-title-for = Search: { $query }
search-nothing-asked = Write a word from the name of what you are looking for.
search-found = { $count ->
    [0] Nothing is called “{ $query }”. Try fewer or shorter words, or look through the categories.
    [one] 1 product found
   *[other] { $count } products found
}

## Product

product-add = Add to cart
product-sold-out = This is sold out at the moment.
product-delivery = Delivery: { $estimate }, { $price }
product-about = About this product

## Cart

cart-title = Cart
cart-empty = Your cart is empty.
cart-empty-go = Look around the shop
cart-added = { $title } is in your cart.
cart-update = Update quantities
cart-checkout = Go to checkout
cart-guest = No account needed.
cart-hindered = Some items cannot be bought as they stand. Change or remove them first.
cart-changed = Your cart was changed in another window. This is how it stands now: check it and send your change again.
cart-not-on-sale = This item is not on sale any more. Remove it to go on.
cart-sold-out = { $title } is sold out. Nothing was changed.
cart-fewer = Only { $available } of { $title } can be had. Nothing was changed: choose { $available } or fewer.
cart-full = A cart holds at most { $most } different items. Remove one first, or order twice.
cart-too-many = At most { $most } of one item can be ordered at once.
line-each = { $price } each
line-quantity = Quantity of { $title }
line-remove = Remove
line-gone = Not on sale any more: remove it to go on.
line-sold-out = Sold out since you added it: remove it to go on.
line-fewer = Only { $left } left: choose { $left } or fewer.
line-price-changed = The price of one changed from { $was } to { $now } since you added it.
sum-title = What it costs
sum-items = Items
sum-delivery = Delivery
sum-total = Total
sum-tax = Includes { $rate } % tax: { $tax }
sum-tax-of-order = Includes tax: { $tax }

## Policy

policy-title = How we handle cards and data
policy-lead = This page is made by the shop's own machine from the settings that are in force now.
policy-card-title = Your card
policy-card-test = This is a demo: payments are simulated by a built-in test gateway that takes test cards only. No money moves.
policy-card-hosted = You pay on Stripe's own page. This shop never sees your card.
policy-card-gateway = Your card goes straight to the payment provider { $gateway } over an encrypted connection.
policy-card-none = The shop has no payment provider at the moment and takes no cards.
policy-card-not-stored = The card's number and its security code are never stored by this shop: not on a disk, not in a log, not in a mail.
policy-card-last-four = Of a card we keep its brand and its last four digits, so that you and we can tell which one was used. Nobody is ever shown more than that, staff included.
policy-card-no-script = The payment page runs no script, of ours or of anyone else.
policy-card-once = Each payment is sent once. If an answer is lost on the way, we ask the payment provider how it went; we never send the card again.
policy-data-title = Your data
policy-data-order = We keep what an order needs: your e-mail address, the delivery address and what you bought.
policy-data-cookie = One cookie remembers your cart for 30 days. There is no advertising, no tracking and nothing from other sites on these pages.
policy-data-tls = Everything between your browser and this shop is encrypted (TLS 1.2 or 1.3). There is no unencrypted way in.
policy-data-link = An order's page has an address that cannot be guessed. Whoever has the link can see the order: keep it to yourself.
policy-staff-title = Who can reach the machine
policy-staff-text = The shop runs on a sealed machine without a login prompt. Its staff pages answer only to network addresses that the operator has allowed.
policy-prices-title = Prices
policy-prices-text = All prices include { $rate } % tax. What the cart shows as its total is what is charged.
policy-currency = They are charged in { $currency }.
policy-delivery-title = Delivery
policy-delivery-way = Way
policy-delivery-time = Takes
policy-delivery-price = Price
policy-contact-title = Contact
policy-contact-text = Ask us about any of this:

## Checkout

checkout-back = Back to cart
checkout-steps = Steps of the checkout
checkout-summary = Your order
checkout-times = { $quantity } ×
step-contact = Contact
step-delivery = Delivery
step-pay = Review and pay
contact-title = Contact and address
contact-legend = How we reach you
contact-email = E-mail address
contact-email-hint = Only for questions about this order.
contact-email-wrong = E-mail address: write it like name@example.com
contact-address-legend = Where it goes
contact-name = Full name
contact-name-empty = Full name: write who receives the parcel
contact-street = Street and number
contact-street-empty = Street and number: write where the parcel goes
contact-extra = Flat, floor or company
contact-postal-code = Postal code
contact-postal-code-empty = Postal code: write it as it stands in the address
contact-city = Town or city
contact-city-empty = Town or city: write its name
contact-country = Country
contact-country-choose = Choose a country
contact-country-wrong = Country: choose one from the list
contact-too-long = This is longer than { $max } characters: shorten it
contact-odd-character = This has a character that cannot be printed on a label: type it again
contact-looks-like-card = This looks like a card number, so we did not keep it. Card details belong on the last page only.
contact-go = Continue to delivery
delivery-title = Delivery
delivery-legend = How it gets to you
delivery-wrong = Choose one of the ways of delivery
delivery-go = Continue to payment
pay-title = Review and pay
review-contact = Contact
review-address = Address
review-delivery = Delivery
review-change = Change
pay-card-legend = Pay by card
pay-card-promise = Your card goes to the payment provider and is not stored here.
pay-test-cards = Test cards only. Never type a real card here.
pay-test-taken = 4242 4242 4242 4242 is accepted
pay-test-declined = 4000 0000 0000 0002 is declined
pay-test-rest = Any future date and any three digits will do.
pay-card-number = Card number
pay-card-expiry = Expiry date
pay-card-expiry-hint = Month and year, such as 09/39
pay-card-code = Security code
pay-card-code-hint = 3 digits on the back; American Express: 4 on the front
pay-card-holder = Name on the card
pay-go = Pay { $total }
pay-hosted-legend = Pay on Stripe's page
pay-hosted-text = You type your card on Stripe's own page. This shop never sees it. Afterwards you come back here.
pay-hosted-go = Continue to Stripe to pay { $total }
pay-once = Press it once. If the page is slow or the line breaks, nothing is charged twice.
pay-closed = This shop cannot take payments at the moment. Your cart is kept. Please come back later, or write to us:

## Order

order-page-number = Order { $number }
order-paid-title = Thank you for your order
order-paid-text = Your payment has arrived and your order is placed.
order-declined-title = The payment did not go through
order-unpaid-title = This order is not paid yet
order-unpaid-text = No payment was made for it. Nothing was charged.
order-authorized-text = Your payment is approved. The money is taken when your order leaves the shop.
order-refunds = Refunds
order-refund-sent = { $amount }, sent back on { $when }
order-refund-under-way = { $amount }, being sent back
order-refunded-title = This order was refunded
order-refunded-text = All of the money goes back to your card. Banks take up to ten days to show it.
order-cancelled-title = This order was cancelled
order-cancelled-text = It was given up before it was paid, because its cart was changed or time ran out. Nothing was charged for it.
order-action-title = One more step to pay
order-action-text = Your bank or the payment provider wants to hear from you on its own page. Your order is kept meanwhile. You come back here by yourself.
order-action-go = Continue to pay
order-action-abandon = Pay another way
order-waiting-title = Waiting for the bank's answer
order-waiting-text = Your order is kept and its items are held for you. Do not pay again: the payment was sent once and will not be sent again.
order-waiting-more = This page asks by itself every few seconds. You may also close it and come back through its address later.
order-again = Pay with another card
order-page-test = This is a test order: no money moved, and nothing will be sent.
order-next = What happens next
order-next-pack = We pack your order.
order-next-delivery = It goes out by { $name }, which takes { $estimate }.
order-next-link = This page stays at its address. Bookmark or print it; whoever has the link can see the order.
order-page-placed = Placed
order-page-payment = Paid with
order-paid-with = { $brand } ending in { $digits }
order-help = Questions
order-bought = What you ordered

## Payments that were not begun

pay-cart-changed = Your cart was changed in another window. Nothing was charged. Check your order below and pay again.
pay-price-changed = The total is { $now } now: a price or the delivery changed since you opened this page. Nothing was charged. Check your order and pay again if you agree.
pay-sold-out = { $title } was sold out before you paid. Nothing was charged. Remove it to go on.
pay-fewer = Only { $available } of { $title } can be had now. Nothing was charged. Change the quantity to go on.
pay-gateway-changed = The way to pay in this shop was changed a moment ago. Nothing was charged. Please pay again.
pay-no-gateway = This shop cannot take payments at the moment. Nothing was charged.
pay-too-many-tries = { $minutes ->
    [one] Too many payments were tried with this card or from your part of the network. Nothing was charged. Wait a minute, then try again.
   *[other] Too many payments were tried with this card or from your part of the network. Nothing was charged. Wait { $minutes } minutes, then try again.
}
pay-test-card = This is a test number, and this shop takes real cards. Nothing was charged. Use your own card.
pay-real-card = This is a demo shop that takes test cards only, such as 4242 4242 4242 4242. Nothing was charged, and your card number was not sent anywhere. Never type a real card here.
pay-too-many = Too many payments were tried in a short time. Nothing was charged. Wait a few minutes, then try again.
