//! Taking a session through an approved policy.

use sha2::{Digest, Sha256};

use super::approval::Approval;
use super::code::Doing;
use super::esys::{Esys, Object};
use super::minimum::Index;
use super::policy::{IMAGE_PCR, Purpose, Step};
use super::{NotApproved, TpmError, minimum, pcr};

/// How often to start over when the boot goes on under our hands.
const TRIES: usize = 4;

/// Satisfies what `approval` holds for `purpose` in a policy session: first the steps, then the key's
/// approval of having gone through just these (`PolicyAuthorize` replaces the digest by the key's).
pub(super) fn authorise(
    esys: &Esys,
    session: &Object<'_>,
    approval: &Approval,
    purpose: Purpose,
    minimum: &Index<'_>,
) -> Result<(), TpmError> {
    let image = pcr::read(esys, IMAGE_PCR)?;
    let signed = approval.find(purpose, image).ok_or_else(|| not_image(image))?;
    let message = Sha256::digest(purpose.message(&signed.policy));
    let ticket = {
        let key = esys.load_public(approval.key().area()).doing("load the approving key")?;
        match esys.verify(&key, &message, &signed.signature) {
            Err(code) if code.is_signature() => {
                return Err(TpmError::NotApproved(NotApproved::Signature));
            }
            verified => verified.doing("verify an approval")?,
        }
    };
    for step in purpose.steps(approval.key(), approval.version(), image) {
        take(esys, session, step, minimum)?;
    }
    let (policy, reference) = (&signed.policy, purpose.reference());
    match esys.policy_authorize(session, policy, reference, approval.key().name(), &ticket) {
        // The digest is another one than was signed: PCR 11 has moved since it was read.
        Err(_) if pcr::read(esys, IMAGE_PCR)? != image => Err(TpmError::Moved),
        outcome => outcome.doing("accept an approval"),
    }
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
