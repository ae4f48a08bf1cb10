### Texts of the console.

console-name = Console
console-back = Back to the overview
sign-out = Sign out

## Fields that several pages have

field-email = E-mail address
field-email-wrong = Enter an e-mail address, such as name@example.com.
field-line-named = { $field }: enter 1 to { $max } characters on one line.
field-line-wrong = Enter 1 to { $max } characters on one line.
field-password = Password
field-password-again = The same password again
field-password-hint = At least { $shortest } characters. A sentence that nobody else would say is better than signs and digits.
password-too-short = The password is too short. Use at least { $shortest } characters; several words in a row are easy to remember.
password-too-long = The password is too long. Use at most { $most } bytes.
password-control = The password has a character that cannot be typed again. Use letters, digits, signs and spaces.
password-repeats = The password repeats itself. Use more different words.
password-guessable = Most of the password is a name, an address or a word that is tried first. Use words that have nothing to do with you or the shop.
password-breached = This password, or one much like it, has been stolen from somebody before, so it is tried first. Think of another one.
password-again-wrong = The two passwords differ. Type both again.

password-used-before = This is one of your last four passwords. Think of another one.

## Sign-in

sign-in-title = Sign in
sign-in-button = Sign in
sign-in-passkey = Sign in with a passkey
sign-in-note = You are signed out after 15 minutes without a click, and after 12 hours in any case. Six wrong tries lock sign-in for 30 minutes.
sign-in-wrong = That address, password and code do not belong together. Check all three; a code can be used once, so wait for the next one.
sign-in-passkey-wrong = That passkey was not taken. Try it once more, or sign in with password and code.
sign-in-wait-minutes = Too many wrong tries. Wait { $minutes } minutes, then try again. A passkey works meanwhile, unless the wrong tries came from your own address.
field-code = Code
field-code-hint = Six digits from your authenticator app, or a recovery code. Leave it empty if you have neither yet.

## The second factor

step-up-title = Show once more that it is you
step-up-text = The next page changes money, keys, people or how you sign in. It opens for ten minutes after this.
step-up-button = Go on
step-up-passkey = Use a passkey
step-up-back = Back to the first page
step-up-wrong = That code was not taken. Check it; a code can be used once, so wait for the next one.
field-code-again-hint = Six digits from your authenticator app, or a recovery code.
enrol-title = Set up your second factor
enrol-text = A password alone opens nothing here. Choose what you will show beside it; you can add more later.
enrol-passkey-title = With a passkey
enrol-app-title = Or with an authenticator app
enrol-app-scan = Open the authenticator app on your phone and scan this picture:
enrol-app-picture = QR code for your authenticator app. The same secret stands below as text.
enrol-app-type = Or type this secret into the app:
enrol-app-code = Type the six digits that the app shows now:
enrol-app-button = Use this app
enrol-code-wrong = That is not the code of this moment. Check that the phone's clock is right, wait for the next code and type that.
field-app-code = Code from the app
app-title = Add an authenticator app
app-text = The app makes a new code every 30 seconds. You type it beside your password.
codes-title = Write down your recovery codes
codes-text = If you lose your phone or your passkey, each of these codes opens the console once in the place of the second factor:
codes-once = Print them or write them on paper, and keep them apart from your password. They are never shown again, and earlier codes open nothing any more.
codes-button = I have kept them. Go on
passkey-what = A passkey is a key in your phone, computer or security key that opens with PIN, finger or face. It works on this console alone, so nobody can lure it out of you, and you need no password with it.
passkey-how-title = Where are passkeys?
passkey-how = Passkeys work under a host name whose certificate your browser trusts, not under an address. Give the console a certificate of its own for a name that leads here, then open it under that name (now: { $places }). Until then an authenticator app serves.
passkey-add = Add a passkey
passkey-first-name = My passkey
passkey-name = Name
passkey-host = Works at
passkey-failed = The browser did not use a passkey. It may be that none is here, that you stopped it, or that the browser does not trust this console's certificate.
passkey-refused = That passkey was not taken. Load the page again and try once more.
passkey-not-verified = That device did not ask for PIN, finger or face. Set a PIN on it, or use another one.
passkey-too-many = You have { $most } passkeys, which is as many as one may have. Remove one that you no longer use.
field-passkey-name = What to call it
field-passkey-name-hint = So that you know it again: blue security key, work phone.

## Sign-in and security

security-title = Sign-in and security
security-back = Back to sign-in and security
security-passkeys = Passkeys
security-since = Since
security-used = Last used
security-never = not yet
security-remove = Remove
security-app = Authenticator app
security-app-since = In use since { $when }.
security-app-none = There is none. With an app you can sign in where passkeys do not work.
security-app-add = Add an app
security-app-remove = Remove the app
security-codes = Recovery codes
security-codes-left = { $left ->
    [0] None are left. Make new ones.
    [one] One code is left. Make new ones soon.
    [2] Two codes are left. Make new ones soon.
   *[other] { $left } codes are left.
}
security-code-used = A code was used on { $when }. If that was not you, make new codes, change your password, and tell whoever answers for this machine.
security-codes-button = Make ten new codes
security-password = Password
security-password-text = It does not run out. Change it when somebody else may know it; your other sessions end then.
security-password-button = Change the password
security-password-done = The password is changed, and your other sessions have ended.
security-old-wrong = That is not your present password.
security-last-factor = This is your last second factor. Add another one first.
security-short-password = Your password is short because a passkey stands beside it. Choose one of 15 or more characters first.
security-changed = It has changed meanwhile. Look again.
field-old-password = Present password
field-new-password = New password
sessions-title = Where you are signed in
sessions-see = See where you are signed in, and end what you do not know
sessions-text = Each row is one browser. End what you do not know, then change your password.
sessions-source = From
sessions-begun = Signed in
sessions-this = this one
sessions-end = End
sessions-end-others = End all others

## Set-up

setup-title = Set up this shop
setup-step-1 = Step 1 of 3
setup-step-2 = Step 2 of 3
setup-code-text = This machine is new. Its screen shows a set-up code; type it here to show that you stand in front of it or were given it by somebody who does.
setup-code-button = Go on
setup-code-wrong = That is not the code on the machine's screen. Check it and type it again. Five wrong codes lock set-up for an hour.
setup-code-ended = That code has ended or was used. Type the one that is on the machine's screen now; after a used code, restart the machine or wait half an hour for a new one.
setup-code-wait = Too many wrong codes. Wait { $minutes } minutes, then type the code on the machine's screen.
setup-fingerprint-title = Is this really the machine?
setup-fingerprint-text = Your browser warned you because the machine made its own certificate. Compare the SHA-256 fingerprint that the browser shows with the one on the machine's screen. It should be:
setup-shop-text = You are the first administrator. This page is shown once; afterwards you sign in with what you enter here.
setup-button = Set up the shop
field-setup-code = Set-up code
field-setup-code-hint = Three groups of four. Case and hyphens do not matter.
field-shop = Name of the shop
field-contact = Contact address of the shop
field-contact-hint = Shoppers see it and write to it.
field-name = Your name
field-own-email = Your e-mail address
field-own-email-hint = You sign in with it. Shoppers do not see it.
field-founder-hint = As the provisioning file names you. To change it, provision the machine again.
recovery-title = Write down the recovery key
recovery-text = The disk of this machine is encrypted and opens with its TPM chip. If the chip or the mainboard fails, only this key opens it again:
recovery-once = Write it on paper and keep it away from the machine. It is shown until you confirm below, and never again. You will type it once more before the shop goes live.
recovery-written = I have written the key down and checked each group.
recovery-button = Do not show it again
recovery-not-confirmed = Tick the box once the key is written down.
recovery-changed = The machine has made a new recovery key since this page was shown. Write down the one below; the older one opens nothing.

## Overview

overview-title = Overview
overview-open-shop = Open the shop
overview-next = What to do next
overview-shop = The shop
overview-orders = Latest orders
overview-all-orders = All orders
overview-machine = This machine
shop-live = Live
shop-not-live = Not live
task-recovery-title = Write down the recovery key
task-recovery-text = Without it a broken mainboard means a lost shop.
task-unsettled-title = Look at payments without an answer
task-unsettled-text = The gateway has not told how they went, or tells of another amount. The shop keeps asking.
task-second-title = Let a second person join
task-second-text = Every change of staff needs two people, and you are alone. Open the security officer under Staff and hand over the invitation.
task-products-title = Bring in your products
task-products-text = From a CSV file, pictures included.
task-gateway-title = Connect a payment gateway
task-gateway-text = Until then the test gateway takes test cards and moves no money.
task-gateway-down-title = Repair the payment gateway
task-gateway-down-text = It could not be opened; shoppers cannot pay.
task-certificate-title = Put a certificate in place
task-certificate-text = The machine shows its own, which browsers warn of.
task-certificate-ends-title = Renew the certificate
task-certificate-ends-text = It ends within 30 days.
task-live-title = Go live
task-live-text = Ends the test gateway and the demo goods for good.
fact-state = State
fact-not-live = Not live: nothing is really sold
fact-live-since = Live since { $when }
fact-products = Products on sale
fact-products-value = { $active } of { $all }
fact-gateway = Payments
fact-cards = Stored cards
fact-cards-value = None. This machine keeps no card numbers.
fact-version = Version
fact-profile = Profile
fact-tpm = Keys are kept by
fact-session = Your session ends at the latest
fact-fingerprint = SHA-256 of the console's certificate

## Orders

orders-title = Orders
orders-filter = Orders by state
orders-all = All
orders-empty = There are no orders here yet.
orders-newest = Newest
orders-older = Older
console-order-number = Order
console-order-placed = Placed
console-order-buyer = For
console-order-state = State
console-order-total = Total
console-order-test = Test
console-order-state-paid = Paid
console-order-state-awaiting = Awaiting payment
console-order-state-authorized = To be captured
console-order-state-refunded = Refunded
console-order-state-partly = Partly refunded
console-order-state-cancelled = Cancelled
console-order-title = Order { $number }
console-order-placed-at = Placed { $when }
console-order-item = Item
console-order-sku = SKU
console-order-quantity = Quantity
console-order-price = Price
console-order-line-total = Sum
console-order-items = Items
console-order-delivery = Delivery
console-order-tax = Tax included in the total
console-order-address = Delivery address
console-order-payment = Payment
console-order-unpaid = Not paid.
console-order-card-note = Brand and last four digits are all that is kept of a card.
attempts-title = Attempts to pay
attempt-number = No.
attempt-begun = Begun
attempt-outcome = Outcome
attempt-amount = Amount
attempt-captured = Paid
attempt-action = The shopper is at the bank's or the gateway's page
attempt-authorized = Approved: the money is held
attempt-capturing = The money is being taken
attempt-voiding = The money is being released
attempt-voided = Released: no money was taken
attempt-refunded = Refunded
attempt-under-way = Under way
attempt-unknown = No answer yet: the gateway is asked again
attempt-mismatch = The gateway tells of another amount: compare with its dashboard before anything ships
attempt-declined = Declined by the bank
attempt-declined-funds = Declined: not enough money
attempt-declined-expired = Declined: card expired
attempt-declined-code = Declined: wrong security code
attempt-declined-number = Declined: unknown number
attempt-declined-authentication = Declined: not confirmed with the bank
attempt-declined-other-card = Declined: another card is needed
attempt-declined-abandoned = Ended before it was paid
attempt-declined-processing = Not processed: the gateway could not
attempt-declined-test = Declined: not a test card
money-title = Money
money-held = Held on the card
money-held-text = The bank holds this money for some days. Capture it when the goods leave. If you cannot deliver, release it.
money-captured = Captured
money-refunded = Refunded
money-left = Left to refund
money-capture = Capture { $amount }
money-release = Release { $amount }
money-refund = Refund…
money-back = Back to the order
money-captured-done = { $amount } was captured.
money-capturing-done = The gateway was told to capture { $amount } and has not confirmed it yet. It is asked again by itself; nothing needs to be done twice.
money-not-captured = No money is held for this order, so nothing was captured. Somebody else may have been faster; see below how the order stands.
money-released-done = { $amount } was released. The order is cancelled, and its items are back in stock.
money-releasing-done = The gateway was told to release { $amount } and has not confirmed it yet. It is asked again by itself; nothing needs to be done twice.
money-not-released = No money is held for this order, so nothing was released. Somebody else may have been faster; see below how the order stands.
capture-title = Capture the money of order { $number }
capture-text = The buyer's card is charged now. Do this when the goods leave.
capture-button = Capture { $amount }
release-title = Release the money of order { $number }
release-text = The buyer's card is not charged. The order is cancelled, and its items go back into stock. This cannot be undone: for the same order the buyer has to pay again.
release-button = Release { $amount } and cancel the order
refunds-title = Refunds
refund-when = When, by whom
refund-for = For
refund-piece = { $count } × { $title }
refund-of-sum = A sum, for no item
refund-restocked = { $count } put back into stock
refund-tax = with { $tax } tax
refund-state-sending = Being sent
refund-state-waiting = Waiting
refund-state-pending = On its way
refund-state-done = Refunded
refund-state-failed = Failed
refund-state-unknown = No answer yet
refund-waiting-text = The gateway takes it once the payment is settled there. It is tried again by itself.
refund-pending-text = The gateway has taken it. The bank follows.
refund-unknown-text = The gateway is asked again by itself. Do not pay the buyer back another way meanwhile.
refund-told-done = { $amount } is on its way back to the buyer's card. Banks take up to ten days.
refund-told-waiting = The refund of { $amount } is written down. The gateway takes it once the payment is settled there; it is tried again by itself.
refund-told-unknown = The refund of { $amount } is written down, and the gateway has not answered yet. It is asked again by itself; do not refund the same thing again.
refund-told-failed = The refund of { $amount } failed. { $why }
refund-title = Refund order { $number }
refund-what = What is given back
refund-full = All that is left: { $left }
refund-full-text = Everything that was not refunded yet.
refund-lines = Some items
refund-lines-text = Enter how many of each are given back.
refund-bought = Bought
refund-left = Left
refund-quantity = Refund
refund-quantity-of = How many of { $title } to refund
refund-none-left = Refunded
refund-shipping = Delivery, { $amount }
refund-sum = A sum
refund-sum-text = For goodwill, such as a late delivery. It belongs to no item.
refund-sum-in = Sum in { $currency }
refund-reason = Reason
refund-reason-hint = For your own books; the buyer does not see it.
refund-restock = Put the items back into stock
refund-restock-text = Tick this once they are on the shelf again.
refund-check = Check the refund
refund-check-text = Nothing is sent yet: the next page shows the exact sum and its tax.
refund-check-title = Check the refund of order { $number }
refund-total = To be refunded
refund-total-tax = Tax in it
refund-to = Goes to
refund-goods = Items
refund-goods-back = Are put back into stock
refund-goods-stay = Are not put back into stock
refund-left-after = Left after this
refund-button = Refund { $amount }
refund-change = Change it
refund-final = A refund cannot be taken back.
refund-choose = Choose what is given back.
refund-no-lines = Enter how many of at least one item are given back, or tick the delivery.
refund-quantity-wrong = Enter a whole number, such as 1.
refund-quantity-left = { $left ->
    [0] None of this item is left to refund. Leave it empty.
    [one] Only one of this item is left to refund. Enter 1 or nothing.
   *[other] Only { $left } of this item are left to refund. Enter at most { $left }.
}
refund-sum-wrong = Enter a sum above zero, such as 12.50.
refund-more-than-left = { $wanted } is more than the { $left } that is left. Enter a sum of at most { $left }.
refund-nothing = That comes to nothing. Choose something that is left to refund.
refund-reason-wrong = Enter a reason of 1 to 200 characters.
refund-reason-is-card = This looks like a card number, and cards are never kept. Describe the reason in words.
refund-no-goods = A sum belongs to no item. Take the tick away, or choose the items.
refund-meanwhile = Somebody else refunded meanwhile: { $sum } in all by now, and { $left } is left. Check the sums and send the form again.
refund-nothing-captured = No money was captured for this order, so none can be refunded.
refund-too-many = An order can have { $most } refunds, and this one has them all. Refund the rest in the gateway's dashboard.
refund-no-gateway = The gateway that took this payment is not connected any more. Enter its keys under Payments, then try again.
refund-busy = Too many payments are under way just now. Nothing was refunded; wait a minute and send the form again.
paid-at = Paid
paid-approved = Approved
paid-card = Card
paid-gateway = Gateway
paid-reference = Reference

## Alarms

alarms-title = Alarms
alarms-count = { $count ->
    [one] 1 open alarm:
   *[other] { $count } open alarms. The latest:
}
alarms-see = See what to do
alarms-open = Open
alarms-none-open = No alarm is open. Nothing needs to be done here.
alarms-times = { $count ->
    [one] Once, { $first }
    [2] Twice, first { $first }, last { $last }
   *[other] { $count } times, first { $first }, last { $last }
}
alarms-cure = What to do:
alarms-acknowledge = I have dealt with this
alarms-more = { $count ->
    [one] One more is open. It is shown once these are dealt with.
   *[other] { $count } more are open. They are shown as these are dealt with.
}
alarms-others = Several: the machine's journal names each
alarms-closed = Dealt with
alarms-none-closed = None yet.
alarms-number = No.
alarms-what = What was the matter
alarms-about = With
alarms-closed-by = Dealt with by
alarms-by-machine = The machine
alarms-done = Closed. If it happens again, there will be a new alarm.
alarms-gone = Somebody has dealt with that alarm already.
alarms-raised-again = The alarm was raised again while you looked at it. See what happened since, then close it.
alarms-newer = Newer
alarms-older = Older

## Products

products-title = Products
products-import = Import products
products-search = Title, handle or SKU
products-search-button = Search
products-count = { $count ->
    [one] 1 product
   *[other] { $count } products
}
products-empty = There are no products here. Import a CSV file, or search for something else.
products-earlier = Earlier
products-later = Later
console-product-title = Product
console-product-category = Category
console-product-status = Status
console-product-variants = Variants
console-product-variant = Variant
console-product-only-variant = Only variant
console-product-price = Price
console-product-price-in = Price, { $currency }
console-product-price-of = Price of { $sku }
console-product-former = Former price
console-product-stock = In stock
console-product-stock-of = On hand of { $sku }
console-product-on-hand = On hand
console-product-reserved = Held for orders
console-product-active = On sale
console-product-active-text = Shoppers see it.
console-product-draft = Draft
console-product-draft-text = Seen here only.
console-product-demo = Demo
console-product-demo-text = A demo product: it leaves when the shop goes live.
console-product-edit-note = Prices include tax. A former price that is not higher than the new price is dropped. Stock that was sold while you edit stays sold.
console-product-save = Save
console-product-saved = Saved.
console-product-price-wrong = Write an amount such as 42.90, from 0.01 to 999999.99.
console-product-stock-wrong = Write a whole number from 0 to 1000000.
console-product-body = Description
console-stock-none = Sold out
console-stock-count = { $count }
console-stock-some-none = { $count }, { $empty ->
    [one] 1 variant sold out
   *[other] { $empty } variants sold out
}

## Import

import-title = Import products
import-file = CSV file
import-file-hint = UTF-8, with commas or semicolons between the cells.
import-pictures = Pictures
import-pictures-hint = JPEG, PNG or WebP, named as in the column Image Src. They are made anew at up to 1600 pixels; what a camera hides in them is left behind.
import-button = Import
import-how = A file of your own
import-another = Another file
import-how-text = One row for each variant. Rows with the same handle stand together and become one product; its title, description and picture stand on the first of them. A product whose handle is already in the shop is replaced. Either the whole file is taken or nothing of it. Other columns are ignored and named.
import-from = From another shop
import-from-text = Export the products in Shopify, or in WooCommerce with its language set to English, and choose that file as it is. Rows that cannot be used are left out and named, with the reason; the others go in. Descriptions become plain text, prices are taken as they stand, and the same file once more changes nothing.
import-from-pictures = An export has addresses instead of pictures, and this machine fetches nothing from the internet. Save the pictures under the names in which their addresses end, and choose them here together with the file. A product whose picture does not come along keeps the one that it has.
import-limits = At most { $rows } rows, { $variants } variants of a product and 5 MB; with it at most { $pictures } pictures of 8 MB, 40 MB in all.
import-needed = needed
import-no-file = Choose a CSV file.
import-ending = { $name } does not end in .csv. Export the products as CSV, and choose that file.
import-picture-ending = { $name } does not end in .jpg, .png or .webp. Choose pictures of these kinds alone.
import-picture-large = { $name } is larger than 8 MB. Make it smaller and import again.
import-picture-pixels = { $name } has more than 40 megapixels or a side of more than 12,000. Make it smaller and import again.
import-picture-broken = { $name } is not a JPEG, PNG or WebP picture. Export it again and import again.
import-done = Imported: { $added } new and { $replaced } replaced products with { $variants ->
    [one] 1 variant
   *[other] { $variants } variants
} and { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
}.
import-done-from = Imported from { $shop }: { $added } new and { $replaced } replaced products with { $variants ->
    [one] 1 variant
   *[other] { $variants } variants
} and { $pictures ->
    [one] 1 picture
   *[other] { $pictures } pictures
}.
import-unchanged = { $count ->
    [one] One of the replaced products was the same before.
   *[other] { $count } of the replaced products were the same before.
}
import-rows-left = { $count ->
    [one] One row was left out
   *[other] { $count } rows were left out
}
import-rows-left-text = The rest is in the shop. Correct these rows in the file and import it again.
import-remarks = Worth a look
import-remarks-text = These rows went in. Where this shop works in another way than { $shop }, this is what became of them.
import-remark = What became of it
import-rows = Rows
import-rows-more = { $rows } and { $count } more
import-line = line { $line }
import-pictures-left = { $count ->
    [one] One picture was left out: the file has only its address, and nothing is fetched. To bring it, save it under the name in which its address ends and import the file again together with it.
   *[other] { $count } pictures were left out: the file has only their addresses, and nothing is fetched. To bring them, save each under the name in which its address ends and import the file again together with them. A product has one picture here.
}
import-remark-stock-unsaid = The file does not say how many there are. A new variant stands at none, one that was here keeps its number. Enter the stock under Products.
import-remark-stock-untracked = The other shop did not count these. The number in the file was taken. Check it.
import-remark-stock-shared = The number in stock belongs to several variants together. None was set: divide it among them under Products.
import-remark-stock-negative = More had been sold than there were. The stock is none.
import-remark-sku-made = No SKU. One was made from the handle and the option values.
import-remark-spread = The row stood for any value of an option. It became one variant for each value.
import-remark-category-made = No category. The product stands in Other.
import-remark-more-categories = Several categories. The first of the deepest was taken.
import-remark-handle-changed = The handle had letters that an address cannot have here. They were replaced.
import-remark-body-cut = The description is longer than 5,000 characters. It was cut.
import-remark-hidden = Hidden from the catalogue there. It is a draft here.
import-remark-sale-dated = A sale with a first or a last day. The price of today was taken and will not change by itself.
import-remark-own-tax = A tax setting of its own. The price was taken as it stands: here it includes tax.
import-remark-variant-kept = A row of this product was left out. Its variant in the shop stays as it was.
import-ignored = Columns that were ignored: { $names }
import-unused = Pictures that no row names, and that were not taken: { $names }
import-mistakes = { $count ->
    [one] The file has 1 mistake
   *[other] The file has { $count } mistakes
}
import-nothing-taken = Nothing was imported. Correct the file and import it again.
import-rest = { $count ->
    [one] One more mistake is not shown.
   *[other] { $count } more mistakes are not shown.
}
import-row = Row
import-column = Column
import-what = What is wrong, and the cure
import-whole-file = File
import-file-too-large = The file is larger than 5 MB. Split it into several files.
import-too-many-rows = The file has more than 10,000 rows. Split it into several files.
import-no-rows = The file has column names but no products. Add a row for each variant.
import-not-utf8 = The row is not UTF-8 text. Save the file as "CSV UTF-8".
import-too-many-cells = The row has more cells than there are columns. Put texts that contain commas in quotation marks.
import-column-missing = The column is missing. Add it with exactly this name.
import-column-twice = The column is there twice. Remove one of them.
import-empty = The cell is empty. Fill it in.
import-too-long = The text is longer than { $max } characters. Shorten it.
import-control = The text has a character that cannot be shown. Type it again without formatting.
import-handle = Write 1 to 80 of a-z, 0-9 and hyphens between them, such as linen-apron.
import-handle-apart = Rows of this handle stand apart; the first is row { $row }. Put them together, or use another handle.
import-differs = The text differs from that of row { $row }, where the product begins. Leave the cell empty here.
import-too-many-variants = The product has more than 100 variants. Split it into several products.
import-option-without-name = There is a value but no option. Name the option on the product's first row, or empty the cell.
import-option-second-only = There is a second option but no first. Use Option1 Name for it.
import-options-twice = The product has these option values already in row { $row }. Change one of them.
import-sku-twice = The SKU stands already in row { $row }. Give each variant its own.
import-sku-taken = The SKU belongs to the product { $handle } in the shop. Give this variant another one.
import-price = Write an amount with a point and at most { $decimals } decimals, such as 42.90, without currency.
import-price-range = The price must be more than zero and have at most eight digits.
import-compare = The former price must be higher than the price. Raise it or empty the cell.
import-number = Write a whole number from 0 to 1000000.
import-picture-name = Write the name of a picture file of a-z, 0-9, hyphens and underscores that ends in .jpg, .png or .webp, without a folder.
import-picture-address = Write the picture's file name instead of an address, and upload the picture with the file.
import-picture-missing = The picture { $name } is not in the shop. Upload it with the file.
import-alt-missing = Describe the picture for those who do not see it.
import-status = Write active or draft, or leave the cell empty for active.
import-too-many-products = The shop would have more than 10,000 products. Remove some first.
import-quote-open = A quotation mark is opened and never closed: everything behind it would be one cell. Export the file again, or close it.
import-too-many-options = The product has more than two options. Join two of them into one, such as Size and Length, in the other shop and export again.
import-grouped = A grouped product is only a list of others. Those were taken if they are in the file; nothing is missing.
import-external = The product is sold by another shop. Only goods that this shop sells itself can be taken.
import-not-shipped = The product is a service or a download. This shop sells goods that are delivered.
import-gift-card = Gift cards cannot be sold here yet.
import-product-type = Products of the kind { $kind } come from an extension of the other shop. Make a simple or variable product of it there, and export again.
import-parent-missing = The product { $parent }, to which this variant belongs, is not in the file. Export all products together.
import-product-left-out = Belongs to the product of row { $row }, which was left out.
import-no-variants = The product has no variant that can be used. Correct its variants, or make it a simple product.
import-variant-off = The variant is switched off in the other shop. Switch it on there if it is to be sold.
import-no-handle = No address can be made of the name, or another product of the file has it. Put Latin letters or digits into the name.
import-handle-taken = The shop has another product called { $handle }. Give one of them another name, or the same SKU if they are the same.
import-weight = Write a weight as a number, such as 0.45, up to one tonne.

## Gateway

gateway-title = Payments
gateway-text = Choose who takes the payments and enter your account with them. Whichever you choose, this machine never stores a card.
gateway-who = Who takes the payments
gateway-none = Nobody: shoppers cannot pay
gateway-test = Test gateway
gateway-test-text = Takes test cards only and moves no money. Every page of the shop says so. Ends for good when the shop goes live.
gateway-stripe = Stripe
gateway-stripe-hosted = Stripe, on Stripe's own page
gateway-stripe-hosted-text = Shoppers leave for Stripe's page to pay and come back. The card never reaches this machine: PCI DSS SAQ A.
gateway-stripe-own = Stripe, in this shop
gateway-stripe-text = Shoppers type the card here; it goes through this machine straight to Stripe: PCI DSS SAQ D.
gateway-adyen = Adyen
gateway-adyen-text = Shoppers type the card here; it goes through this machine straight to Adyen: PCI DSS SAQ D.
gateway-authorize-net = Authorize.Net
gateway-authorize-net-text = Shoppers type the card here; it goes through this machine straight to Authorize.Net: PCI DSS SAQ D.
gateway-account = Your account at { $vendor }
gateway-account-none = No account is set.
gateway-account-part = The account is not complete yet.
gateway-account-live = A key for live payments was set on { $when }.
gateway-account-test = A key for test payments was set on { $when }.
gateway-waiting = { $count ->
    [one] 1 payment or refund with this account is not over. Until then only a new key of the same account is taken.
   *[other] { $count } payments and refunds with this account are not over. Until then only new keys of the same account are taken.
}
gateway-field-set = Set on { $when }. Leave it empty to keep it.
gateway-field-none = Not set.
gateway-notices = Notices and what to arrange
gateway-notices-text = Notices tell this shop at once what happened to a payment. Have them sent to:
gateway-notices-name = If shoppers reach the shop under a host name, write that in place of the address. The certificate must be one that browsers trust.
gateway-events = Notices to choose:
gateway-needs = Before you take real cards:
gateway-capture = When the money is taken
capture-automatic = At once
capture-automatic-text = The card is charged when the shopper pays.
capture-manual = When you say so
capture-manual-text = The money is only held on the card until you capture it on the order's page, such as at dispatch. Do so within 7 days; after that, or sooner, the bank lets it go.
gateway-secrets = Keys are encrypted under a key that only this machine's TPM gives out. They are never shown again, not even here.
gateway-exchange = Earlier payments stay with the gateway that took them: its account is kept, so that they can still be settled and refunded. Once you put another account in its place, refunds of the earlier one's payments are made in its dashboard.
gateway-save = Save
gateway-saved = Saved. New payments go this way from now on.
gateway-choose = Choose who takes the payments.
gateway-test-ended = The test gateway ended when the shop went live.
gateway-unusable = This gateway cannot be opened on this machine. Nothing was changed; the machine's log says why.
gateway-for-tests = That is for test payments, and the shop is live. Enter what belongs to your account for live payments.
gateway-other-account = { $count ->
    [one] 1 payment or refund with the account in place is not over, and only that account can tell how it ends. Take or release held money under Orders and let the rest finish, then enter the other account.
   *[other] { $count } payments and refunds with the account in place are not over, and only that account can tell how they end. Take or release held money under Orders and let the rest finish, then enter the other account.
}

stripe-key = Secret key
stripe-key-hint = Begins with sk_live_, rk_live_ or, for test payments, sk_test_.
stripe-key-missing = Enter the secret key of your Stripe account.
stripe-key-wrong = That is not a secret key of Stripe. Copy the whole key that begins with sk_ or rk_ from Stripe's dashboard.
stripe-notices = Signing secret of the notices
stripe-notices-hint = Begins with whsec_. Stripe shows it once the address below is entered there. Without it this shop ignores notices and asks Stripe instead, which takes longer.
stripe-notices-wrong = That is not a signing secret of Stripe. Copy the text that begins with whsec_ from the webhook's page.
stripe-events = payment_intent.succeeded, payment_intent.payment_failed, payment_intent.canceled, payment_intent.amount_capturable_updated, checkout.session.completed, checkout.session.expired, charge.refunded, charge.dispute.created, refund.created, refund.updated, refund.failed
stripe-needs = For cards that are typed in this shop, Stripe must enable raw card data APIs for your account. Ask its support, and say that you send cards from your own server. Stripe's own page needs nothing of the kind.

adyen-merchant = Merchant account
adyen-merchant-hint = Its name as in Adyen's Customer Area, such as MeadowECOM.
adyen-merchant-missing = Enter the name of your merchant account at Adyen.
adyen-merchant-wrong = That is not the name of a merchant account. It has letters, digits, dots, hyphens and underscores only.
adyen-prefix = Prefix of the live address
adyen-prefix-hint = Under Developers, API URLs, such as 1797a841fbb37ca7-AdyenDemo. Empty is the test environment.
adyen-prefix-wrong = That is not a prefix. Copy only the prefix from API URLs: letters, digits and hyphens, at most 49.
adyen-key = API key
adyen-key-hint = Of an API credential of the same environment. Begins with AQE.
adyen-key-missing = Enter the API key of your account at Adyen.
adyen-key-wrong = That is not an API key of Adyen. Copy the whole key, without spaces.
adyen-notices = HMAC key of the notices
adyen-notices-hint = 64 hexadecimal digits. Needed: Adyen tells how a payment went only by notices.
adyen-notices-missing = Enter the HMAC key that Adyen made for the webhook. Without notices nobody can tell how a lost payment went.
adyen-notices-wrong = That is not an HMAC key of Adyen. Copy all 64 digits from the webhook's page.
adyen-events = a standard webhook, sent as JSON, with the event codes that it has from the start, and EXPIRE. Let Adyen make an HMAC key for it.
adyen-needs = Adyen must give the API credential the role for raw card data (API PCI Payments role). Ask its support; it wants to see your PCI DSS papers first.

authorize-net-environment = Account for
authorize-net-environment-live = Live payments
authorize-net-environment-sandbox = Test payments (sandbox)
authorize-net-environment-missing = Say whether the account is for live or for test payments.
authorize-net-login = API login ID
authorize-net-login-hint = At most 25 characters.
authorize-net-login-missing = Enter the API login ID of your account at Authorize.Net.
authorize-net-login-wrong = That is not an API login ID. Copy it from API Credentials & Keys: at most 25 characters, without spaces.
authorize-net-key = Transaction key
authorize-net-key-hint = 16 letters and digits.
authorize-net-key-missing = Enter the transaction key of your account at Authorize.Net.
authorize-net-key-wrong = That is not a transaction key. Copy all 16 letters and digits from API Credentials & Keys.
authorize-net-signature = Signature key of the notices
authorize-net-signature-hint = 128 hexadecimal digits. Without it this shop ignores notices and asks Authorize.Net instead, which takes longer.
authorize-net-signature-wrong = That is not a signature key. Copy all 128 digits from API Credentials & Keys.
authorize-net-events = all whose names begin with net.authorize.payment.
authorize-net-needs = Authorize.Net takes cards from your own server by its contract: it and your acquirer may ask for your PCI DSS papers at any time. Turn on its Transaction Details API for this login, so that lost answers can be asked for.

pci-title = What this means for PCI DSS
pci-text = Each year you answer a self-assessment questionnaire (SAQ). Which one, your acquirer or gateway decides; as a rule:
pci-how = How shoppers pay
pci-saq = SAQ
pci-machine = What this machine does
pci-you = What you must do
pci-hosted = On Stripe's own page
pci-hosted-machine = Never sees a card. Sends the shopper to Stripe, and nowhere else.
pci-hosted-you = Keep Stripe's attestation of compliance on file. Have the shop scanned each quarter by an approved scanning vendor (ASV). Let only your own people into this console, and install updates.
pci-own = In this shop: Stripe, Adyen, Authorize.Net
pci-own-machine = Takes the card in memory, sends it to the gateway once and wipes it. Keeps brand and last four digits.
pci-own-you = All of that, and every other requirement: the host and the rooms that the machine runs in, a penetration test each year, reading the log daily, written rules, trained people, a plan for incidents.
pci-test = With the test gateway
pci-test-machine = Refuses all but known test cards.
pci-test-you = Never type a real card.
pci-test-saq = None

## Certificate

certificate-title = Certificate
certificate-kind = New connections are shown
certificate-placed = What was put in place
certificate-uploaded = Uploaded. It is not renewed by itself.
certificate-own = The machine's own certificate
certificate-own-text = The machine made this certificate itself, so shoppers' browsers warn of it. Get one for your host name from a certificate authority.
certificate-begins = Begins
certificate-ends = Ends
certificate-fingerprint = SHA-256
certificate-own-fingerprint = SHA-256 of the machine's own
certificate-request-title = Ask somewhere else, by hand
certificate-request-text = The machine makes a new private key, which never leaves it, and a request that you hand to a certificate authority.
certificate-names = Host names
certificate-names-hint = One or more, with spaces between them, such as shop.example.com www.example.com
certificate-names-wrong = Write 1 to { $most } host names.
certificate-name-bad = { $name } is not a host name. Write it like shop.example.com.
certificate-request-button = Make a request
certificate-request-again = Make a new request in place of this one
certificate-requested = The request is made. Hand it to your certificate authority.
certificate-waiting = Request that waits for its certificate
certificate-put-title = Put a certificate in place
certificate-put-text = New connections see it at once; the shop goes on.
certificate-chain = Certificate and intermediates, PEM
certificate-chain-hint = The one for your host names first, then the intermediates. Begins with -----BEGIN CERTIFICATE-----
certificate-key = Private key, PEM
certificate-key-hint = Only if it was made elsewhere. Leave it empty for an answer to the request above.
certificate-put-button = Use this certificate
certificate-replaced = The certificate is in place.
certificate-no-request = No request waits for a certificate. Make one above, or paste the private key too.
certificate-none = No certificate was found. Paste the PEM text that begins with -----BEGIN CERTIFICATE-----.
certificate-key-none = No private key was found. Paste the PEM text that begins with -----BEGIN PRIVATE KEY-----.
certificate-key-bad = The private key cannot be used. Use an unencrypted ECDSA P-256, P-384 or RSA key of 2048 bits or more.
certificate-bad = Certificate { $place } of the chain cannot be read. Export it again as PEM.
certificate-mismatch = The private key does not belong to the first certificate. Use the pair that was made together.
certificate-expired = The certificate ended on { $when }. Use a current one.
certificate-not-yet = The certificate begins only on { $when }. Wait, or check the machine's clock.
certificate-too-large = The text is larger than 64 KiB. Paste only the certificate and its intermediates.
certificate-too-many = { $most } certificates are in place or asked for. Remove one first.
certificate-placed-title = In place and asked for
certificate-state-asking = Asking
certificate-state-placed = In place
certificate-state-not-renewed = Not renewed
certificate-state-failed = Not yet
certificate-no-names = No host name, shown to those who ask for none
certificate-from = From { $who }, checked by { $check }. It is renewed by itself.
certificate-life = { $begins } to { $ends }
certificate-renews = The next one is asked for on { $when }.
certificate-again = The authority is asked again on { $when }.
certificate-reload = This takes up to two minutes. Load the page again to see how it went.
certificate-retry = Ask again now
certificate-remove = Remove
certificate-remove-text = Its private key goes too. Who asks for these names is shown the machine's own certificate, which browsers warn of.
certificate-remove-button = Remove this certificate
certificate-removed = The certificate is removed.
certificate-asked = The authority is being asked.
certificate-gone = There is no such certificate any more.
certificate-too-soon = The last try was less than a minute ago. Wait a moment, then ask again.
console-certificate-title = Console certificate
console-certificate-text = The machine made its own certificate; compare its fingerprint with the one on the machine's screen. To have one that browsers believe, give the console a host name. If the shop has a certificate for the very same name, browsers refuse the console's own one under it.
acme-unreachable = On { $when } the authority could not be reached: { $said }. Check the machine's network and the authority's status page.
acme-refused = On { $when } the authority refused: { $said }
acme-too-often = On { $when } the authority said that it is asked too often: { $said }
acme-no-account = On { $when } the authority did not know our account any more: { $said }. A new one is made with the next try.
acme-unchecked = On { $when } the authority could not see that { $name } leads here: { $said }. Point the name's DNS record to this machine and let port { $port } through from the internet.
acme-other-check = The authority does not check { $said } in the chosen way. Choose the other one.
acme-slow = On { $when } the authority was not done in time. The order goes on with the next try.
acme-odd = On { $when } the authority's answer made no sense: { $said }
ask-title = Get one from a certificate authority
ask-text = The machine asks for a certificate for each host name, shows it as soon as it comes, and renews it at two thirds of its life. The private key is made here and never leaves the machine.
ask-names-hint = One or more, with spaces between them, such as shop.example.com www.example.com. Each must lead to this machine.
ask-name = Host name
ask-name-hint = One that leads to this machine, such as console.example.com
ask-name-wrong = Write one host name.
ask-wildcard = { $name } stands for many names. Write each of them, or upload a certificate for all.
ask-authority = Certificate authority
authority-lets-encrypt = Let's Encrypt
authority-lets-encrypt-text = Free, and believed by all browsers.
authority-staging = Let's Encrypt, for a trial
authority-staging-text = The same steps without its limits, but browsers do not believe its certificates.
authority-other = Another one
authority-other-text = Any that speaks ACME (RFC 8555), your own too.
ask-other = Address and account of another authority
ask-directory = Address of its directory
ask-directory-hint = Such as https://ca.example.com/acme/directory
ask-directory-wrong = Write the address like https://ca.example.com/acme/directory.
ask-directory-port = The directory must be at port 443, because the machine lets nothing out to another port.
ask-root = Its root certificate, PEM
ask-root-hint = Only for an authority of your own that browsers do not know. With one it may stand on a private address.
ask-root-wrong = Paste one certificate in PEM, which begins with -----BEGIN CERTIFICATE-----.
ask-binding-id = Key ID of your account there
ask-binding-hint = Only if the authority gave you one (external account binding).
ask-binding-key = HMAC key of your account there
ask-binding-key-hint = Kept sealed until the account is made, and not shown again.
ask-binding-wrong = Paste both the key ID and the HMAC key as the authority shows them.
ask-check = How it sees that the names lead here
check-http = Over port 80 (http-01)
check-http-text = It fetches one small file. Usual.
check-tls = Over port 443 (tls-alpn-01)
check-tls-text = It speaks TLS. For when port 80 is closed on the way.
ask-agreed = I agree to the authority's terms of service
ask-terms = Those of Let's Encrypt:
ask-agreed-missing = Read the authority's terms of service and agree to them.
ask-button = Ask for the certificate

## Allowed ranges

ranges-title = Allowed ranges
ranges-text = This console answers only to these addresses. The machine's firewall drops everybody else before they reach it, and the console checks again.
ranges-range = Range
ranges-name = Name
ranges-owner = Owner
ranges-here = Who is inside
ranges-you = You, from { $source }
ranges-you-short = You
ranges-none = No range is set: only this machine itself reaches the console.
ranges-change = Change the ranges
ranges-narrow = Change the operator's ranges
ranges-operator-title = The operator's ranges
ranges-operator-text = The operator's staff can sign in from inside these only.
ranges-operator-none = None are set: the operator's staff can sign in from every allowed range.
ranges-recovery = If nobody can reach the console any more, hosting staff can bring new ranges to the machine itself, on a volume that is signed with the recovery key.

ranges-change-title = Change the allowed ranges
ranges-change-text = Tick what is to go, write what is to come, and look at the result before anything happens.
ranges-narrow-title = Change the operator's ranges
ranges-narrow-text = The operator's staff can sign in from inside these ranges only, each of which lies inside an allowed range. Without any they can sign in from every allowed range.
ranges-remove = Remove
ranges-add = Add
ranges-add-hint = A range in CIDR notation, such as 192.0.2.0/24 or 2001:db8:1::/64, what it is called, and the person who answers for it. Leave empty what you do not need.
ranges-new-cidr = Range { $number }
ranges-new-name = Name { $number }
ranges-new-owner = Owner { $number }
ranges-check = Check the change
ranges-back = Back
ranges-nothing = This changes nothing. Tick a range to remove it, or write one to add it.
ranges-unknown = { $range } is not among the ranges any more. Look at the list again.
ranges-nobody = This would leave no range at all. Keep one, or add another.
ranges-too-many = There is room for { $most } ranges. Remove some first.
ranges-cuts-off = This would cut you off: you are at { $source }, which would be in no range. Keep a range that holds this address.
ranges-on-trial = Another change is on trial. Confirm it or take it back first.
ranges-bad = { $wrong }: { $cure }.
ranges-overlaps = This shares addresses with { $range }. Write one that does not, or remove that one in the same change.
ranges-outside = This lies in no allowed range. Write one that lies inside an allowed range.
ranges-cidr-empty = Write the range.
ranges-name-empty = Write what the range is called.
ranges-owner-empty = Write who answers for the range.
ranges-text-long = Write at most { $max } characters.
ranges-text-control = Write plain text on one line.

ranges-check-title = Check the change of ranges
ranges-what = Change
ranges-added = Added
ranges-removed = Removed
ranges-after = The ranges afterwards
ranges-check-trial = The change starts at once, on trial: unless you confirm it from inside the new ranges within { $seconds } seconds, it is taken back by itself. Connections from a range that is removed end at once.
ranges-try = Start the trial
ranges-edit = Back to the form

ranges-trial-admin = A change of the allowed ranges is on trial
ranges-trial-operator = A change of the operator's ranges is on trial
ranges-trial-by = Asked for by { $by } at { $when }.
ranges-trial-text = Without a confirmation it is taken back by itself. If you can read this, the new ranges let you in.
ranges-trial-waits = The firewall is being told. This takes a few seconds.
ranges-left = { $seconds ->
    [one] One second left to confirm it.
   *[other] { $seconds } seconds left to confirm it.
}
ranges-keep = Keep the change
ranges-take-back = Take it back now
ranges-kept = The change is confirmed and stays.
ranges-taken-back = The change was taken back.
ranges-not-on-trial = This change is not on trial any more. The list shows what holds now.
ranges-not-in-force = The firewall has not taken the change yet. Wait a moment and confirm again.
ranges-too-late = The time to confirm the change was over, so it is taken back. Make it again if you need it.
ranges-old-connection = Your browser used a connection from before the change. Confirm again: it opens a new one now.
ranges-last-confirmed = The last change was asked for by { $by } and confirmed at { $when }.
ranges-last-taken-back = The last change was asked for by { $by } and taken back at { $when }.
ranges-last-expired = The last change was asked for by { $by }. Nobody confirmed it, so it was taken back at { $when }.
ranges-last-recovered = The last change was asked for by { $by }. It ended at { $when }, when new ranges were given at the machine.

## Going live

live-title = Go live
live-text = From then on the shop takes real orders and real money. This cannot be undone:
live-ends-test = The test gateway ends for good on this machine.
live-ends-demo = { $count ->
    [0] There are no demo products to remove.
    [one] The one demo product is removed, with its picture and stock.
   *[other] The { $count } demo products are removed, with their pictures and stock.
}
live-keeps = Your own products, orders and settings stay. Orders that were taken with the test gateway stay marked as tests.
live-missing = Before that
live-needs-gateway = Connect a payment gateway that moves money.
live-needs-live-account = Connect an account for live payments; the one in place is for test payments.
live-needs-recovery-key = Write down the recovery key and confirm it.
live-not-ready = The shop is not ready to go live. See what is missing below.
live-shop = Type the shop's name to confirm: { $name }
live-name-wrong = That is not the shop's name. Type it exactly as it stands above the field.
live-recovery-key = Recovery key
live-recovery-key-hint = From the paper on which you wrote it. Case, spaces and hyphens do not matter.
live-key-wrong = That is not this machine's recovery key. Check each group on your paper.
live-button = Go live for good
live-since = The shop is live since { $when }.
live-for-good = The test gateway and the demo products are gone for good.

## Tokens for programs

tokens-title = Tokens
tokens-text = A token lets a program of yours use the API in your name. It carries only the rights that you tick, opens only from the range that you name, and dies at once when you leave or revoke it. What there is to call stands at /api/v1/openapi.json on this console.
tokens-none = You have no tokens.
tokens-new = Make a token
tokens-name = Name
tokens-name-hint = Which program it is for, so that you know later what to revoke. You can have { $most }.
tokens-rights = Rights
tokens-rights-hint = Tick as few as the program needs. Rights that ask for the second factor, such as refunds, keys, staff and ranges, cannot be given to a program.
tokens-range = Range
tokens-range-hint = From where the program calls, such as 192.0.2.17/32. It must be inside the allowed ranges.
tokens-range-malformed = This is not a range. Write addresses as CIDR, such as 192.0.2.0/28 or 2001:db8::/64.
tokens-range-outside = This range is not inside the allowed ranges. Choose one from which the console may be reached.
tokens-days = Days until it ends
tokens-days-hint = From 1 to { $most }.
tokens-days-wrong = Write a number of days from 1 to { $most }.
tokens-no-right = No right is chosen. Tick at least one.
tokens-not-yours = Your role does not carry { $right }. Leave it out.
tokens-needs-person = A program cannot prove the second factor that { $right } asks for. Leave it out and do it in the console, or in a session.
tokens-too-many = There are as many tokens as there may be. Revoke one that is not used any more.
tokens-ends = Ends
tokens-last = Last used
tokens-used = { $when } from { $source }
tokens-never-used = Never
tokens-button = Make the token
tokens-made = The token { $name } is made
tokens-once = Copy it now: it is not shown again, and the machine keeps only its hash. Whoever has it can use it from its range, so keep it like a password.
tokens-revoke = Revoke
tokens-revoke-named = Revoke { $name }
tokens-revoked = Revoked. It opens nothing any more.
