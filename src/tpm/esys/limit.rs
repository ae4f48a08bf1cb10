//! What `tss-esapi` 7.6 offers no safe call for: comparing an index or the TPM's clock inside a policy, and
//! reading the clock.
//!
//! The calls go through `esys!`, whose comment says why each is sound; the one other unsafe access is the
//! answer's structure, read by [`Out::get`].

use super::*;

/// How a policy compares, without a sign: what stands in the TPM on the left, the operand on the right
/// (`TPM_EO`, TPM 2.0 Library, part 2, section 6.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(in crate::tpm) enum Compare {
    /// They are the same.
    Equal = 0,
    /// The TPM's is smaller.
    Below = 5,
}

/// Fields of the TPM's time, as `PolicyCounterTimer` counts its bytes (`TPMS_TIME_INFO`, part 2, 10.11.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(in crate::tpm) enum Field {
    /// Milliseconds with power, 8 bytes.
    Clock = 8,
    /// Whether no larger clock was ever shown, one byte.
    Safe = 24,
}

/// What `ReadClock` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tpm) struct Time {
    /// Milliseconds that the TPM had power, up to what unclean ends lost.
    pub(in crate::tpm) clock: u64,
    /// No larger value was shown before: false for a while after a power cut.
    pub(in crate::tpm) safe: bool,
    /// Resets in its life.
    pub(in crate::tpm) resets: u32,
}

impl Esys {
    /// `PolicyNV`: the index's content, from its first byte, compares so with `operand`. The index is read
    /// with its own empty auth value.
    pub(in crate::tpm) fn policy_nv(
        &self,
        session: &Object<'_>,
        index: &Object<'_>,
        operand: &[u8],
        compare: Compare,
    ) -> Result<(), Code> {
        let (operand, operation) = (digest(operand)?, compare as u16);
        esys!(
            self.context,
            Esys_PolicyNV(
                index.handle,
                index.handle,
                session.handle,
                PASSWORD,
                NO,
                NO,
                &operand,
                0,
                operation,
            )
        )
    }

    /// `PolicyCounterTimer`: a field of the TPM's time compares so with `operand`.
    pub(in crate::tpm) fn policy_counter_timer(
        &self,
        session: &Object<'_>,
        operand: &[u8],
        field: Field,
        compare: Compare,
    ) -> Result<(), Code> {
        let (operand, offset, operation) = (digest(operand)?, field as u16, compare as u16);
        esys!(self.context, Esys_PolicyCounterTimer(session.handle, NO, NO, NO, &operand, offset, operation))
    }

    /// The TPM's own time.
    pub(in crate::tpm) fn read_clock(&self) -> Result<Time, Code> {
        let mut out = Out::<TPMS_TIME_INFO>::new();
        esys!(self.context, Esys_ReadClock(NO, NO, NO, &mut out.0))?;
        let info = out.get()?.clockInfo;
        Ok(Time { clock: info.clock, safe: info.safe != 0, resets: info.resetCount })
    }
}
