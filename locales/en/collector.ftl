### Where the audit log is shipped.

collector-title = Audit collector
collector-text = Every event of the audit log, alarms among them, is sent to a collector elsewhere as soon as it happens: whoever takes this machine over cannot take back what was sent. Nothing else is sent, and never anything of a card.
collector-promise = The audit log itself is the buffer. While the collector is away, nothing waits for it and nothing is lost as long as the log is kept; after five minutes an alarm tells. An event may arrive twice, with the same number.
collector-how = State
collector-is-well = Everything is confirmed
collector-is-behind = { $count ->
    [one] One event is on its way
   *[other] { $count } events are on their way
}
collector-is-away = The last attempt failed
collector-place = Address
collector-nowhere = Nowhere: the audit log is kept on this machine alone
collector-protocol = Protocol
collector-syslog = Syslog over TLS (RFC 5424 and 5425)
collector-otlp = OTLP over HTTPS, as JSON
collector-trust = Who vouches for it
collector-trust-own = The certificate authority that was uploaded, and no other. SHA-256: { $print }
collector-trust-web = The certificate authorities of the web
collector-secret = Token
collector-secret-kept = Kept, and sent as { $header }
collector-secret-none = None
collector-confirmed = Last event that it has confirmed
collector-behind = Events that it has not confirmed
collector-confirmed-at = Last confirmation
collector-well-since = Without a fault since
collector-trouble = { $when }: { $trouble }
collector-not-reached = The collector was not reached: { $detail }
collector-broken = The connection ended before everything was confirmed: { $detail }
collector-slow = The collector takes nothing, or does not confirm it in time.
collector-refuses = The collector answers { $detail } and takes nothing.
collector-refuses-token = The collector does not accept the token.
collector-refuses-path = The collector takes no logs under this path.
collector-unreadable = The collector cannot read what it is sent (it answers { $detail }). It is sent in smaller parts.
collector-log-trouble = The audit log cannot be read: { $detail }

collector-change = Ship to another place
collector-change-text = A second person with the right confirms the change within a day. A new place is sent everything that the audit log still keeps.
collector-address = Address and port
collector-address-hint = In numbers, such as 10.0.0.5:6514 or [2001:db8::5]:6514. A private address is fine.
collector-name = Name in its certificate
collector-name-hint = The host name that the collector's certificate must have. Empty means the address itself.
collector-root = Certificate authority, PEM
collector-root-hint = One certificate that vouches for the collector. Empty means the authorities of the web.
collector-otlp-only = For OTLP only
collector-path = Path
collector-path-hint = Empty means { $usual }
collector-header = Header of the token
collector-header-hint = Empty means { $usual }
collector-secret-hint = The whole value, such as Bearer and the token. It is never shown again. Empty keeps the one that this address was given.
collector-propose = Propose
collector-stop = Ship nowhere
collector-stop-text = The audit log stays on this machine alone. A second person confirms this too.
collector-stop-button = Propose to ship nowhere
collector-proposed = The change waits for a second person.
collector-waits-title = A change waits
collector-waits = Proposed by { $who }. It can be confirmed until { $until }.
collector-waits-whole = Who receives the audit log learns who works here and what they do. Confirm only a place that you know.
collector-waits-nowhere = After this, somebody who takes this machine over could remove events that nobody else has.
collector-decide = Decide under Proposals

collector-wrong-protocol = Choose one of the two protocols.
collector-wrong-address = Write an address in numbers with its port, such as 10.0.0.5:6514. A host name does not do here: nobody else should decide where the log goes.
collector-wrong-nowhere = This address leads back to this machine, to many at once, or nowhere. Write the collector's own address.
collector-wrong-name = This is no host name and no address. Write it as it stands in the certificate, such as logs.example.com.
collector-wrong-certificate = Paste exactly one certificate: from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----
collector-wrong-authority = This certificate may not vouch for others. Paste the one of the authority that signed the collector's certificate.
collector-wrong-long = This is longer than { $most } characters.
collector-wrong-path = A path begins with a slash and has neither spaces nor accents, such as /v1/logs.
collector-wrong-header = This cannot be the name of a header, or belongs to the message itself. Write one such as authorization.
collector-wrong-secret = A token has plain letters, digits and signs on one line.
