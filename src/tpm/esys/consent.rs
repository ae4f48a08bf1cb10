//! The calls by which a policy takes somebody's consent: signatures, another entity's policy, a policy that
//! lies in an index, one of several branches.

use super::*;

const ECDSA: u16 = 0x0018;
/// The most branches of one `PolicyOR`.
pub(in crate::tpm) const BRANCHES: usize = 8;

impl Esys {
    /// The nonce that the TPM gave a session: what a signature must cover to be good for this session alone.
    pub(in crate::tpm) fn nonce(&self, session: &Object<'_>) -> Result<Vec<u8>, Code> {
        let mut out = Out::<TPM2B_NONCE>::new();
        esys!(self.context, Esys_TRSess_GetNonceTPM(session.handle, &mut out.0))?;
        let nonce = out.get()?;
        bytes(nonce.size, &nonce.buffer)
    }

    /// The TPM's own handle of a session, which stands for its name in a command's hash.
    pub(in crate::tpm) fn handle(&self, of: &Object<'_>) -> Result<u32, Code> {
        let mut handle = 0;
        esys!(self.context, Esys_TR_GetTpmHandle(of.handle, &mut handle))?;
        Ok(handle)
    }

    /// Puts a policy session back to its beginning.
    pub(in crate::tpm) fn policy_restart(&self, session: &Object<'_>) -> Result<(), Code> {
        esys!(self.context, Esys_PolicyRestart(session.handle, NO, NO, NO))
    }

    /// `PolicySigned`: the holder of `key` signed (ECDSA P-256, r and s of 32 bytes each) the nonce, the
    /// expiry in seconds after the session's start, the command's hash and the reference.
    pub(in crate::tpm) fn policy_signed(
        &self,
        session: &Object<'_>,
        key: &Object<'_>,
        said: Said<'_>,
        signature: &[u8; 64],
    ) -> Result<(), Code> {
        let (r, s) = signature.split_at(32);
        let number = |half| sized(half).map(|(size, buffer)| TPM2B_ECC_PARAMETER { size, buffer });
        let ecdsa = TPMS_SIGNATURE_ECC { hash: SHA256, signatureR: number(r)?, signatureS: number(s)? };
        let signature = TPMT_SIGNATURE { sigAlg: ECDSA, signature: TPMU_SIGNATURE { ecdsa } };
        let (mut timeout, mut ticket) = (Out::<TPM2B_TIMEOUT>::new(), Out::<TPMT_TK_AUTH>::new());
        esys!(
            self.context,
            Esys_PolicySigned(
                key.handle,
                session.handle,
                NO,
                NO,
                NO,
                &digest(said.nonce)?,
                &digest(said.command)?,
                &digest(said.reference)?,
                said.expiry,
                &signature,
                &mut timeout.0,
                &mut ticket.0,
            )
        )
    }

    /// `PolicySecret`: `consents` satisfies the policy of `entity`, and lets the session do the command of
    /// this hash alone.
    pub(in crate::tpm) fn policy_secret(
        &self,
        session: &Object<'_>,
        entity: &Object<'_>,
        consents: &Object<'_>,
        command: &[u8],
        reference: &[u8],
    ) -> Result<(), Code> {
        let (mut timeout, mut ticket) = (Out::<TPM2B_TIMEOUT>::new(), Out::<TPMT_TK_AUTH>::new());
        esys!(
            self.context,
            Esys_PolicySecret(
                entity.handle,
                session.handle,
                consents.handle,
                NO,
                NO,
                &digest(&[])?,
                &digest(command)?,
                &digest(reference)?,
                0,
                &mut timeout.0,
                &mut ticket.0,
            )
        )
    }

    /// `PolicyAuthorizeNV`: what the session has satisfied is the policy that stands in the index.
    pub(in crate::tpm) fn policy_authorize_nv(
        &self,
        session: &Object<'_>,
        index: &Object<'_>,
    ) -> Result<(), Code> {
        esys!(
            self.context,
            Esys_PolicyAuthorizeNV(index.handle, index.handle, session.handle, PASSWORD, NO, NO)
        )
    }

    /// `PolicyOR`: the session stands at one of these.
    pub(in crate::tpm) fn policy_or(&self, session: &Object<'_>, branches: &[[u8; 32]]) -> Result<(), Code> {
        let mut list = TPML_DIGEST { count: 0, ..Default::default() };
        for branch in branches {
            let slot = list.digests.get_mut(list.count as usize).ok_or(Code::TOO_LONG)?;
            *slot = digest(branch)?;
            list.count += 1;
        }
        esys!(self.context, Esys_PolicyOR(session.handle, NO, NO, NO, &list))
    }

    /// `PolicyAuthValue`: whoever uses the session also knows the entity's (here empty) auth value.
    pub(in crate::tpm) fn policy_auth_value(&self, session: &Object<'_>) -> Result<(), Code> {
        esys!(self.context, Esys_PolicyAuthValue(session.handle, NO, NO, NO))
    }

    /// `PolicyCommandCode`: only this command.
    pub(in crate::tpm) fn policy_command_code(&self, session: &Object<'_>, code: u32) -> Result<(), Code> {
        esys!(self.context, Esys_PolicyCommandCode(session.handle, NO, NO, NO, code))
    }
}

/// What a signature covers.
#[derive(Debug, Clone, Copy)]
pub(in crate::tpm) struct Said<'a> {
    /// The session's nonce.
    pub(in crate::tpm) nonce: &'a [u8],
    /// Seconds after the session's start.
    pub(in crate::tpm) expiry: i32,
    /// The command's hash.
    pub(in crate::tpm) command: &'a [u8],
    /// What the signature is for.
    pub(in crate::tpm) reference: &'a [u8],
}
