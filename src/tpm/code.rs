//! Response codes of the TPM and its library, and the few that mean something to us.
//!
//! Codes are compared without the parts that say which parameter, handle or session was meant (TPM 2.0
//! Library, part 2, section 6.6) and without the layer that the kernel's resource manager adds.

use std::fmt;

use super::TpmError;

/// A code that is not success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(u32);

/// Codes of our own, in the layer that the stack leaves to applications.
const OURS: u32 = 0xF_0000;
const TCTI: u32 = 0xA_0000;
const LAYER: u32 = 0xFF_0000;
const RESOURCE_MANAGER: u32 = 0xB_0000;
const KERNEL_RESOURCE_MANAGER: u32 = 0xC_0000;

impl Code {
    /// The library gave a structure that contradicts itself.
    pub(super) const MALFORMED: Self = Self(OURS | 1);
    /// Data is longer than a TPM structure holds.
    pub(super) const TOO_LONG: Self = Self(OURS | 2);

    /// `Ok` for zero.
    pub(super) fn check(code: u32) -> Result<(), Self> {
        if code == 0 { Ok(()) } else { Err(Self(code)) }
    }

    /// The number, for an error's text.
    pub(super) fn number(self) -> u32 {
        self.0
    }

    /// The TPM's code alone, or `None` if the TPM never spoke.
    fn tpm(self) -> Option<u32> {
        let code = match self.0 & LAYER {
            0 | RESOURCE_MANAGER | KERNEL_RESOURCE_MANAGER => self.0 & 0xFFFF,
            _ => return None,
        };
        Some(if code & 0x80 == 0 { code } else { code & 0xBF })
    }

    /// The blob does not decrypt under this parent (`TPM_RC_INTEGRITY`).
    pub(super) fn is_integrity(self) -> bool {
        self.tpm() == Some(0x9F)
    }

    /// A policy's comparison came out false (`TPM_RC_POLICY`).
    pub(super) fn is_comparison(self) -> bool {
        self.tpm() == Some(0x126)
    }

    /// A session's policy is not the object's (`TPM_RC_POLICY_FAIL`).
    pub(super) fn is_policy(self) -> bool {
        self.tpm() == Some(0x9D)
    }

    /// A PCR moved while the session was open (`TPM_RC_PCR_CHANGED`).
    fn is_pcr_changed(self) -> bool {
        self.tpm() == Some(0x128)
    }

    /// A signature is not the key's (`TPM_RC_SIGNATURE`).
    pub(super) fn is_signature(self) -> bool {
        self.tpm() == Some(0x9B)
    }

    /// An index that was never written was read (`TPM_RC_NV_UNINITIALIZED`).
    pub(super) fn is_unwritten(self) -> bool {
        self.tpm() == Some(0x14A)
    }

    /// A parameter is none of the permitted ones (`TPM_RC_VALUE`).
    pub(super) fn is_value(self) -> bool {
        self.tpm() == Some(0x84)
    }

    /// A policy's time is over (`TPM_RC_EXPIRED`).
    pub(super) fn is_expired(self) -> bool {
        self.tpm() == Some(0xA3)
    }

    /// What was signed is not what the session asks for: another key, nonce or command, or too late
    /// (`TPM_RC_SIGNATURE`, `TPM_RC_NONCE`, `TPM_RC_CPHASH`, `TPM_RC_EXPIRED`).
    pub(super) fn is_consent(self) -> bool {
        matches!(self.tpm(), Some(0x9B | 0x8F | 0x151 | 0xA3))
    }

    /// There is nothing at a handle (`TPM_RC_HANDLE`).
    pub(super) fn is_handle(self) -> bool {
        self.tpm() == Some(0x8B)
    }

    /// Too many wrong attempts, by anybody (`TPM_RC_LOCKOUT`).
    fn is_lockout(self) -> bool {
        self.tpm() == Some(0x921)
    }

    /// The connection failed: no answer came from a TPM at all.
    fn is_connection(self) -> bool {
        self.0 & LAYER == TCTI
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// Says what was being done when a code came.
pub(super) trait Doing<T> {
    /// Turns a code into an error that names the step.
    fn doing(self, step: &'static str) -> Result<T, TpmError>;
}

impl<T> Doing<T> for Result<T, Code> {
    fn doing(self, step: &'static str) -> Result<T, TpmError> {
        self.map_err(|code| match code {
            code if code.is_lockout() => TpmError::Lockout,
            code if code.is_pcr_changed() => TpmError::Moved,
            code if code.is_connection() => TpmError::Lost { step },
            Code(code) => TpmError::Refused { step, code },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_known_whatever_parameter_or_session_they_name() {
        assert!(Code(0x1df).is_integrity());
        assert!(Code(0x99d).is_policy());
        assert!(Code(0xB_0126).is_comparison());
        assert!(Code(0x2db).is_signature());
        assert!(!Code(0x7_009d).is_policy(), "the library's own code is not the TPM's");
    }

    #[test]
    fn a_locked_out_tpm_is_named_as_such() {
        let lockout: Result<(), _> = Err(Code(0x921)).doing("unseal");
        assert!(matches!(lockout, Err(TpmError::Lockout)));
        let lost: Result<(), _> = Err(Code(0xa_000a)).doing("unseal");
        assert!(matches!(lost, Err(TpmError::Lost { step: "unseal" })));
    }
}
