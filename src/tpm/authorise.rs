//! Taking a session through an approved policy.

use sha2::{Digest, Sha256};

use super::approval::{Approval, Signed};
use super::code::Doing;
use super::esys::{Esys, Object};
use super::minimum::Index;
use super::policy::{IMAGE_PCR, Purpose, Step};
use super::{NotApproved, TpmError, minimum, pcr};

/// How often to start over when the boot goes on under our hands.
const TRIES: usize = 4;

/// Satisfies what `approval` holds for `purpose` and for the image that PCR 11 shows.
pub(super) fn authorise(
    esys: &Esys,
    session: &Object<'_>,
    approval: &Approval,
    purpose: Purpose,
    minimum: &Index<'_>,
) -> Result<(), TpmError> {
    let image = pcr::read(esys, IMAGE_PCR)?;
    let signed = approval.find(purpose, image).ok_or_else(|| not_image(image))?;
    match satisfy(esys, session, approval, signed, minimum) {
        // The session came to another digest than was signed, because PCR 11 has moved since it was read.
        Err(TpmError::Refused { .. }) if pcr::read(esys, IMAGE_PCR)? != image => Err(TpmError::Moved),
        outcome => outcome,
    }
}

/// Takes a policy session through the steps of one signed policy, and then through the key's approval of
/// having gone through just these (`PolicyAuthorize` puts the key's digest in place of theirs). The TPM
/// enforces it; what came before only chose the right policy and the right words.
pub(super) fn satisfy(
    esys: &Esys,
    session: &Object<'_>,
    approval: &Approval,
    signed: &Signed,
    minimum: &Index<'_>,
) -> Result<(), TpmError> {
    let (key, purpose) = (approval.key(), signed.purpose);
    let message = Sha256::digest(purpose.message(&signed.policy));
    let ticket = {
        let loaded = esys.load_public(key.area()).doing("load the approving key")?;
        match esys.verify(&loaded, &message, &signed.signature) {
            Err(code) if code.is_signature() => {
                return Err(TpmError::NotApproved(NotApproved::Signature));
            }
            verified => verified.doing("verify an approval")?,
        }
    };
    for step in purpose.steps(key, approval.version(), signed.image) {
        take(esys, session, step, minimum)?;
    }
    esys.policy_authorize(session, &signed.policy, purpose.reference(), key.name(), &ticket)
        .doing("accept an approval")
}

fn take(esys: &Esys, session: &Object<'_>, step: Step, minimum: &Index<'_>) -> Result<(), TpmError> {
    match step {
        Step::Image(_) => esys.policy_pcr(session, IMAGE_PCR).doing("bind to PCR 11"),
        Step::Unwritten => esys.policy_unwritten(session).doing("bind to an unwritten index"),
        Step::Command(hash) => esys.policy_command(session, &hash).doing("bind to one command"),
        Step::MinimumAtMost(version) => match esys.policy_at_most(session, &minimum.object, version) {
            Err(code) if code.is_comparison() => {
                let minimum = minimum::read(esys, minimum)?.unwrap_or(u64::MAX);
                Err(TpmError::OldImage { image: version, minimum })
            }
            Err(code) if code.is_unwritten() => Err(TpmError::MinimumMissing),
            outcome => outcome.doing("compare the minimum version"),
        },
    }
}

fn not_image(image: [u8; 32]) -> TpmError {
    let pcr11 = super::approval::to_hex(&image);
    TpmError::NotApproved(NotApproved::Image { pcr11 })
}

/// Starts over while the machine's measurements move: a boot phase that ends between reading PCR 11 and
/// using the session spoils the session, and says nothing about the image.
pub(super) fn steadily<T>(mut attempt: impl FnMut() -> Result<T, TpmError>) -> Result<T, TpmError> {
    for _ in 1..TRIES {
        match attempt() {
            Err(TpmError::Moved) => {}
            outcome => return outcome,
        }
    }
    attempt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_moving_measurement_is_waited_out_and_not_for_ever() {
        let mut left = TRIES - 1;
        let outcome = steadily(|| {
            left = left.checked_sub(1).ok_or(TpmError::Damaged)?;
            if left == 0 { Ok("opened") } else { Err(TpmError::Moved) }
        });
        assert_eq!(outcome, Ok("opened"));
        let mut asked = 0;
        let outcome: Result<(), _> = steadily(|| {
            asked += 1;
            Err(TpmError::Moved)
        });
        assert_eq!((outcome, asked), (Err(TpmError::Moved), TRIES));
        let mut asked = 0;
        let outcome: Result<(), _> = steadily(|| {
            asked += 1;
            Err(TpmError::OtherTpm)
        });
        assert_eq!((outcome, asked), (Err(TpmError::OtherTpm), 1));
    }
}
