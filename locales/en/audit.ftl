### The audit log: what was done, in a reader's words.

deed-issue-setup-code = Made a set-up code
deed-enter-setup-code = Entered the set-up code
deed-set-up = Set the shop up
deed-keep-recovery-key = Confirmed the recovery key
deed-begin-audit = The audit log began
deed-start-service = The service started
deed-stop-service = The service stopped
deed-read-audit = Read the audit log
deed-export-audit = Exported the audit log
deed-prune-audit = Old records were removed
deed-find-audit-gap = The log and the TPM do not agree
deed-sign-in = Signed in
deed-sign-out = Signed out
deed-shut-out = Shut out
deed-import-products = Imported products
deed-change-product = Changed a product
deed-change-variant = Changed a variant
deed-change-gateway = Changed the gateway
deed-request-certificate = Requested a certificate
deed-replace-certificate = Replaced a certificate
deed-capture-payment = Took held money
deed-void-payment = Released held money
deed-refund-payment = Gave money back
deed-go-live = Went live
deed-acknowledge-alarm = Dealt with an alarm
