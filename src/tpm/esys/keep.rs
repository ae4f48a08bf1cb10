//! The calls that use a kept key, count, and remove.

use super::*;
use crate::base::SecretBytes;

const SHA256_ALG: u16 = SHA256;
/// Length of a coordinate of P-256.
const COORDINATE: usize = 32;

impl Esys {
    /// `ECDH_ZGen`: the X coordinate of the key's product with a point.
    pub(in crate::tpm) fn zgen(
        &self,
        key: &Object<'_>,
        session: &Object<'_>,
        point: &[u8; 64],
    ) -> Result<SecretBytes, Code> {
        let (x, y) = point.split_at(COORDINATE);
        let number = |half| sized(half).map(|(size, buffer)| TPM2B_ECC_PARAMETER { size, buffer });
        let point = TPM2B_ECC_POINT { size: 0, point: TPMS_ECC_POINT { x: number(x)?, y: number(y)? } };
        let mut out = Out::<TPM2B_ECC_POINT>::new();
        esys!(self.context, Esys_ECDH_ZGen(key.handle, session.handle, NO, NO, &point, &mut out.0))?;
        let shared = &mut out.get()?.point;
        // Some TPMs leave leading zeros out.
        let mut x = Vec::with_capacity(COORDINATE);
        let given = shared.x.buffer.get(..usize::from(shared.x.size)).ok_or(Code::MALFORMED)?;
        x.resize(COORDINATE.checked_sub(given.len()).ok_or(Code::MALFORMED)?, 0);
        x.extend_from_slice(given);
        shared.x.buffer.zeroize();
        shared.y.buffer.zeroize();
        Ok(SecretBytes::new(x))
    }

    /// `HMAC` with SHA-256 under a key that never leaves the TPM.
    pub(in crate::tpm) fn hmac(
        &self,
        key: &Object<'_>,
        session: &Object<'_>,
        data: &[u8],
    ) -> Result<Vec<u8>, Code> {
        let (size, buffer) = sized(data)?;
        let mut data = TPM2B_MAX_BUFFER { size, buffer };
        let mut out = Out::<TPM2B_DIGEST>::new();
        let done =
            esys!(self.context, Esys_HMAC(key.handle, session.handle, NO, NO, &data, SHA256_ALG, &mut out.0));
        data.buffer.zeroize();
        done?;
        let code = out.get()?;
        bytes(code.size, &code.buffer)
    }

    /// Steps a counter.
    pub(in crate::tpm) fn nv_increment(&self, index: &Object<'_>, session: &Object<'_>) -> Result<(), Code> {
        esys!(self.context, Esys_NV_Increment(index.handle, index.handle, session.handle, NO, NO))
    }

    /// Reads an index under a session.
    pub(in crate::tpm) fn nv_read_under(
        &self,
        index: &Object<'_>,
        session: &Object<'_>,
        size: u16,
    ) -> Result<SecretBytes, Code> {
        let mut out = Out::<TPM2B_MAX_NV_BUFFER>::new();
        esys!(
            self.context,
            Esys_NV_Read(index.handle, index.handle, session.handle, NO, NO, size, 0, &mut out.0)
        )?;
        let data = out.get()?;
        let secret = bytes(data.size, &data.buffer).map(SecretBytes::new);
        data.buffer.zeroize();
        secret
    }

    /// Removes an index of the owner's, and with it what it held.
    pub(in crate::tpm) fn nv_undefine(&self, mut index: Object<'_>) -> Result<(), Code> {
        esys!(self.context, Esys_NV_UndefineSpace(ESYS_TR_RH_OWNER, index.handle, PASSWORD, NO, NO))?;
        // The library has let go of its note with the index: there is nothing left to release.
        index.handle = NO;
        Ok(())
    }

    /// The handles from `first` on that are in use, at most `most` of them.
    pub(in crate::tpm) fn handles(&self, first: u32, most: u32) -> Result<Vec<u32>, Code> {
        let (mut more, mut found) = (0, Out::<TPMS_CAPABILITY_DATA>::new());
        esys!(
            self.context,
            Esys_GetCapability(NO, NO, NO, CAPABILITY_HANDLES, first, most, &mut more, &mut found.0)
        )?;
        // SAFETY: the capability asked for is the list of handles, so that is the union's live member.
        let handles = unsafe { found.get()?.data.handles };
        let count = usize::try_from(handles.count).map_err(|_| Code::MALFORMED)?;
        handles.handle.get(..count).map(<[u32]>::to_vec).ok_or(Code::MALFORMED)
    }
}
