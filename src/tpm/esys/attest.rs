//! The calls behind the audit log's witness: extending an index, and having its content certified.

use super::*;

const NULL: u16 = 0x0010;
const ECDSA: u16 = 0x0018;
/// Length of a coordinate of P-256, and of each half of a signature.
const HALF: usize = 32;

impl Esys {
    /// Extends an index under a session: its content becomes the hash of its content and `data`.
    pub(in crate::tpm) fn nv_extend(
        &self,
        index: &Object<'_>,
        session: &Object<'_>,
        data: &[u8],
    ) -> Result<(), Code> {
        let (size, buffer) = sized(data)?;
        let data = TPM2B_MAX_NV_BUFFER { size, buffer };
        esys!(self.context, Esys_NV_Extend(index.handle, index.handle, session.handle, NO, NO, &data))
    }

    /// The TPM's statement of what the first `size` bytes of an index are, and `key`'s ECDSA signature over it.
    /// The session authorises the key; the index is read with its own empty auth value.
    pub(in crate::tpm) fn nv_certify(
        &self,
        key: &Object<'_>,
        session: &Object<'_>,
        index: &Object<'_>,
        about: &[u8],
        size: u16,
    ) -> Result<(Vec<u8>, [u8; 2 * HALF]), Code> {
        let (length, buffer) = sized(about)?;
        let about = TPM2B_DATA { size: length, buffer };
        // SAFETY: an all-zero scheme is a valid value of the C structure; NULL asks for the key's own scheme.
        let mut scheme: TPMT_SIG_SCHEME = unsafe { mem::zeroed() };
        scheme.scheme = NULL;
        let (mut says, mut signed) = (Out::<TPM2B_ATTEST>::new(), Out::<TPMT_SIGNATURE>::new());
        esys!(
            self.context,
            Esys_NV_Certify(
                key.handle,
                index.handle,
                index.handle,
                session.handle,
                PASSWORD,
                NO,
                &about,
                &scheme,
                size,
                0,
                &mut says.0,
                &mut signed.0,
            )
        )?;
        let says = says.get()?;
        let signed = signed.get()?;
        if signed.sigAlg != ECDSA {
            return Err(Code::MALFORMED);
        }
        // SAFETY: the algorithm is ECDSA, so that is the union's live member.
        let ecdsa = unsafe { signed.signature.ecdsa };
        let mut signature = [0; 2 * HALF];
        let (r, s) = signature.split_at_mut(HALF);
        for (half, number) in [(r, &ecdsa.signatureR), (s, &ecdsa.signatureS)] {
            let bytes = bytes(number.size, &number.buffer)?;
            let start = HALF.checked_sub(bytes.len()).ok_or(Code::MALFORMED)?;
            half.get_mut(start..).ok_or(Code::MALFORMED)?.copy_from_slice(&bytes);
        }
        Ok((bytes(says.size, &says.attestationData)?, signature))
    }
}
