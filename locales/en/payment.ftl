### Cards, payments and why they were refused.

card-number-empty = Enter the card number.
card-number-wrong = Check the card number: it has 12 to 19 digits, and these do not fit together.
card-expiry-empty = Enter the expiry date, such as 09/28.
card-expiry-wrong = Enter month and year as on the card, such as 09/28.
card-expiry-past = This card has expired. Use another card.
card-code-empty = Enter the security code.
card-code-wrong = Enter the three digits on the back of the card.
card-code-wrong-amex = Enter the four digits on the front of the card.
card-holder-empty = Enter the name on the card.
card-holder-wrong = Enter the name as on the card, in at most 100 characters.
card-holder-is-number = This looks like a card number. Enter the name here and the number in its own field.

refund-failed-more-than-left = The gateway says that less is left. No money moved.
refund-failed-refused = The bank does not take it, for instance because the card was closed. No money moved.
refund-failed-no-funds = The shop's account at the gateway has not enough money. No money moved.
refund-failed-try-again = The gateway could not do it. No money moved; try again.
refund-failed-never-settled = The payment was not settled at the gateway for five days. No money moved; try again.

decline-declined = The bank declined the card. You have not been charged. Use another card or ask your bank.
decline-insufficient-funds = There is not enough money on this card. You have not been charged. Use another card.
decline-expired-card = The bank says that this card has expired. You have not been charged. Use another card.
decline-wrong-code = The security code does not match the card. You have not been charged. Check the code and try again.
decline-wrong-number = This card number is not known to the bank. You have not been charged. Check the number or use another card.
decline-other-card = The bank does not take this card for this payment. You have not been charged. Use another card.
decline-needs-authentication = The bank asked you to confirm this payment and did not hear yes. You have not been charged. Try again, or use another card.
decline-abandoned = The payment was ended before it was made. You have not been charged. You can pay again.
decline-try-again = The payment could not be processed just now. You have not been charged. Please try again.
decline-test-cards-only = This is a demo shop that takes test cards only, such as 4242 4242 4242 4242. Nothing was charged. Never type a real card here.
