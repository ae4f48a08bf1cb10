### Texts of people: staff, roles, proposals, invitations.

## Roles, sides, rights

role-platform-administrator = Platform administrator
role-platform-administrator-text = Runs the machine, and may run the shop.
role-security-officer = Security officer
role-security-officer-text = Watches over staff, ranges and records. Sees no orders.
role-auditor = Auditor
role-auditor-text = Reads everything and changes nothing.
role-operator-owner = Operator owner
role-operator-owner-text = Answers for the shop: its money, its keys, its people.
role-shop-manager = Shop manager
role-shop-manager-text = Runs the shop from day to day.
role-fulfilment = Fulfilment
role-fulfilment-text = Sends the goods, and takes the money that was held for them.
role-support = Support
role-support-text = Answers shoppers. Sees orders and products.
side-platform = Platform
side-operator = Operator

roles-title = Roles and rights
roles-text = Everybody plays one role. The operator's roles carry no right over the machine; the auditor's carries none that changes anything.
roles-purpose = What for
roles-rights = Rights
roles-rights-text = A * marks what asks for the second factor once more. Grants and changes of staff also need a second person.
roles-right = Right
roles-step-up = asks for the second factor once more
roles-yes = Yes
roles-no = No
roles-see = What each role may do
right-see-overview = See the overview
right-see-orders = See orders
right-see-products = See products
right-see-alarms = See alarms
right-see-settings = See the gateway and the shop's certificate
right-see-machine = See the machine's settings
right-see-staff = See who works here
right-see-ranges = See the allowed ranges
right-see-audit = Read and export the audit log
right-capture-payment = Capture or release held money
right-refund-payment = Refund
right-change-products = Change products, prices and stock
right-change-gateway = Change the gateway
right-change-storefront-certificate = Change the shop's certificate
right-go-live = Go live
right-deal-with-alarms = Close alarms
right-change-operator-staff = Change the operator's staff
right-change-platform-staff = Change the platform's staff
right-change-operator-ranges = Narrow the operator's ranges
right-change-ranges = Change the allowed ranges
right-change-console-certificate = Change the console's certificate
right-change-collector = Change where records are shipped

## The list

staff-title = Staff
staff-new = Add a person
staff-count = { $count ->
    [one] 1 person
   *[other] { $count } people
}
staff-empty = Nobody fits these filters.
staff-all-sides = Both sides
staff-all-roles = All roles
staff-all-states = All states
staff-filter = Filter
staff-side = Side
staff-role = Role
staff-employer = Employer
staff-state = State
staff-seen = Last signed in
staff-never = Never
staff-none = None
staff-state-active = Active
staff-state-invited = Invited
staff-state-disabled = Disabled
staff-state-shut-out = Shut out
staff-alone-title = Nobody can be added yet.
staff-alone = A second person must confirm each change of staff, and nobody else here may. If the machine's security officer was invited, open their page and hand over the link. If the provisioning file named none, provision the machine again with a section [security_officer].

## Why somebody may not act

ineligible-not-joined = Has not accepted the invitation yet. Hand it over, or make a new one.
ineligible-disabled = The account is disabled. Reinstating it needs a second person.
ineligible-unused = Nobody signed in with this account for 90 days, so it is disabled. Reinstating it needs a second person.
ineligible-ended = The employment has ended. Enter a later last day, or leave it empty.
ineligible-ahead = The employment begins only later. Wait until then, or correct its first day.
ineligible-contractor = This role is for employees only, never for contractors. Choose another role.
ineligible-too-new = This role needs two full years of employment. Choose another role until then, or correct the first day.
ineligible-not-screened = The platform's roles need a screening on file. Enter how, when, until when and where it is filed.
ineligible-lapsed = The screening does not count today. Screen the person again and enter the new one.
ineligible-not-approved = Nobody else has approved this role for this person. A second person must confirm it.

## One person

staff-record = On file
staff-change = Change…
staff-name = Legal name
staff-kind = Kind of employment
staff-employee = Employee
staff-contractor = Contractor
staff-since = First day of employment
staff-ended = Last day of employment
staff-screening-method = Screened how
staff-screening-on = Screened on
staff-screening-until = Screening counts until
staff-screening-reference = Filed as
staff-approvals = Approvals
staff-no-approvals = Nobody has approved a role for this person.
staff-attested = { $by } vouched for this person as { $role } in the machine's provisioning file.
staff-account = Account
staff-entered = Entered
staff-sessions = Open sessions
staff-disabled-at = Disabled
staff-why-dismissed = dismissed
staff-why-unused = not used for 90 days
staff-why-not-joined = invited, and did not join within seven days
staff-proposal-open = Proposal { $number } about this person waits for a second person.
staff-reset = Propose new credentials
staff-reset-text = For somebody who lost password or second factor. Once a second person confirms, they are signed out and invited anew.
staff-reinstate = Propose to reinstate
staff-reinstate-text = Once a second person confirms, the account is invited anew. The old password does not come back.
staff-dismiss-title = Dismiss
staff-dismiss-text = Ends every session and token at once. Nobody needs to confirm it. To bring the person back, two people are needed.
staff-dismiss = Dismiss { $name } now
staff-dismissed = Dismissed. Every session has ended.
staff-already = This account is disabled already.
staff-oneself = You cannot dismiss yourself. Ask somebody else with the right.
staff-last-administrator = This is the last active platform administrator. Let somebody else become one first.

## The form

staff-new-title = Add a person
staff-change-title = Change { $name }
staff-form-text = This becomes a proposal. It takes effect once a second person confirms it within a day.
staff-name-hint = As on the papers that were seen.
staff-email-hint = They sign in with it. Nobody shares one.
staff-role-hint = What each role may do
staff-role-choose = Choose a role
staff-role-wrong = Choose a role.
staff-employment = Employment
staff-kind-wrong = Choose how the person is employed.
staff-since-hint = Platform administrators and security officers need two full years.
staff-ended-hint = Leave it empty until it is known. Access ends with that day.
staff-date-wrong = { $field }: enter a day, such as 2024-04-01.
staff-screening = Screening
staff-screening-text = Needed for the platform's roles. Enter all four, or none for the operator's roles.
staff-screening-method-hint = Such as criminal record certificate and references.
staff-screening-until-hint = Access ends with that day unless a new screening is entered.
staff-screening-reference-hint = Where the papers lie, such as HR 2025-17. Never the papers' content.
staff-screening-order = The screening ends before it was done. Check both days.
staff-propose = Propose
staff-cancel = Cancel

## Proposals

proposals-title = Proposals
proposals-text = What one person proposes is done once another confirms it within a day.
proposals-open = Waiting
proposals-none-open = No proposal is waiting.
proposals-closed = Decided
proposals-none-closed = None yet.
proposals-number = No.
proposals-what = What
proposals-by = Proposed by
proposals-state = State
proposals-decided = Decided
proposal-grant = Let { $name } become { $role }
proposal-change-role = Make { $name } { $to } instead of { $from }
proposal-change-record = Change what is on file about { $name }
proposal-reinstate = Reinstate { $email }
proposal-reset = New credentials for { $email }
proposal-collector = Ship the audit log to { $place }
proposal-collector-nowhere = Ship the audit log nowhere
proposal-by = By { $by }. Lapses { $until }.
proposal-who = Can be confirmed by { $who }.
proposal-nobody = Nobody can confirm this now.
proposal-confirm = Confirm
proposal-reject = Reject
proposal-withdraw = Withdraw
proposal-made = Proposal { $number } waits for a second person. Nothing is mailed: tell whoever can confirm it.
proposal-confirmed-done = Proposal { $number } is confirmed and done. Whoever it invites needs a link and a code: two people make one each on the person's page.
proposal-setting-done = Proposal { $number } is confirmed and done.
proposal-rejected-done = Proposal { $number } is rejected.
proposal-withdrawn-done = Proposal { $number } is withdrawn.
proposal-state-open = Waiting
proposal-state-confirmed = Confirmed
proposal-state-rejected = Rejected
proposal-state-lapsed = Lapsed
proposal-state-withdrawn = Withdrawn
proposal-own = You proposed this. Somebody else must confirm it.
proposal-about-you = This is about you. Somebody else must decide.
proposal-no-right = Your role does not carry the right to decide this.
proposal-closed = This proposal is not open any more. See below what became of it.
proposal-proposer-gone = Whoever proposed this may not do so any more. Propose it again if it is still wanted.
proposal-not-yours = Only whoever proposed this can withdraw it. You can reject it.
proposal-email-taken = Somebody has this address already, perhaps a former colleague. Look in the list of staff, or use another address.
proposal-already = Proposal { $number } about the same is waiting. Decide on it first.
proposal-too-many = { $most } proposals are waiting. Decide on some first.
proposal-full = This machine keeps { $most } people at most, and has them all.
proposal-other-side = Nobody moves between platform and operator. Add the person anew, with another address.
proposal-unchanged = Nothing would change. Change something first.
proposal-wrong-state = The account is not in a state that allows this. Reload the page.

## Invitations

invitation-title = Invitation
invitation-two-halves = There is no mail: you hand the invitation over. It has two halves, a link and a code. Two different people make them, so that nobody alone can walk in as somebody else. Each lasts 72 hours.
invitation-link-alone = There is no mail: you hand the link over. It lasts 72 hours. The provisioning file vouches for this person, so no code is needed.
invitation-make-link = Make the link
invitation-make-link-again = Make a new link
invitation-make-code = Make the code
invitation-make-code-again = Make a new code
invitation-made = Made by { $by }, good until { $until }
invitation-not-made = Not made yet
invitation-once = Shown once
invitation-link-made = Hand this link to { $name } yourself, in person or over a channel that you trust. It is not shown again, and earlier ones are void.
invitation-code-made = Tell { $name } this code, another way than the link. It is not shown again, and earlier ones are void.
invitation-both-halves = You made the other half. Somebody else with the right must make this one.
invitation-not-invited = There is nothing to make: this person is not invited any more. Reload the page.

## Joining

join-title = Join
join-text = { $name }, you are invited as { $role }. Choose a password that you use nowhere else.
join-code = Code
join-code-hint = Three groups of four, from somebody else than the link. Case and hyphens do not matter.
join-code-wrong = That is not the code. Check it and type it again. Five wrong codes end the invitation.
join-no-code = No code counts for this invitation. Ask whoever invited you for a new one.
join-button = Join
join-next = Next you set up a second factor.
join-none = This link does not count: it was used, has ended or was replaced. Ask whoever invited you for a new one.
