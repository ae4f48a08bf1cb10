//! The TPM software stack's ESYS calls, made safe: bytes in, bytes out.
//!
//! Owns the connection, and everything that the TPM holds for it: an [`Object`] is flushed when it goes
//! out of scope, so that a chip with room for three sessions never runs out on an error path.
//! Refuses to know what a call is for: templates, policies and the meaning of codes live beside it.
//!
//! The bindings are used raw because the safe layer of `tss-esapi` 7.6 lacks `PolicyNV`.

#![expect(
    unsafe_code,
    reason = "the TPM software stack is a C library; this is the one module that calls it"
)]

use std::ffi::CString;
use std::{mem, ptr};

use tss_esapi::tss2_esys::*;
use zeroize::Zeroize;

use super::code::Code;
use crate::base::SecretBytes;

const NO: ESYS_TR = ESYS_TR_NONE;
const PASSWORD: ESYS_TR = ESYS_TR_PASSWORD;
const SHA256: u16 = 0x000B;
const AES: u16 = 0x0006;
const CFB: u16 = 0x0043;
const RSASSA: u16 = 0x0014;
const CAPABILITY_HANDLES: u32 = 1;
const AT_MOST: u16 = 9; // TPM2_EO_UNSIGNED_LE

/// `session` stays usable after a command, so that it is always ours to flush.
const CONTINUE: u8 = 0x01;
const DECRYPT: u8 = 0x20;
const ENCRYPT: u8 = 0x40;

/// Calls one ESYS function on the context and checks its code.
macro_rules! esys {
    ($context:expr, $function:ident ( $($argument:expr),* $(,)? )) => {
        // SAFETY: the context was made by Esys_Initialize and lives until `Esys` is dropped, and `Esys` is
        // not Sync, so no second thread is inside it. Every pointer argument below is either a reference to
        // an initialised structure that outlives the call (ESYS copies, it keeps none), or null where the
        // ESYS specification allows it, or the slot of an `Out`, or a local that receives a handle. Handles
        // are plain numbers that ESYS looks up and refuses if it does not know them.
        Code::check(unsafe { $function($context, $($argument),*) })
    };
}

mod attest;
mod consent;
mod keep;
mod limit;

pub(super) use consent::{BRANCHES, Said};
pub(super) use limit::{Compare, Field};

/// Which of the TPM's own hierarchies a command addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hierarchy {
    /// The owner's, emptied by a TPM clear.
    Owner,
    /// The maker's, which a clear leaves alone.
    Endorsement,
}

impl Hierarchy {
    fn handle(self) -> ESYS_TR {
        match self {
            Self::Owner => ESYS_TR_RH_OWNER,
            Self::Endorsement => ESYS_TR_RH_ENDORSEMENT,
        }
    }
}

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Authorises with a (here always empty) auth value and encrypts the first parameter both ways.
    Encrypted,
    /// Authorises by a policy; the answer's first parameter is encrypted.
    PolicyEncrypted,
    /// Authorises by a policy; the first parameter is encrypted both ways.
    PolicyBoth,
    /// Authorises by a policy; nothing is encrypted, because the policy fixes the parameters' hash.
    Policy,
    /// Computes a policy's digest and authorises nothing.
    #[cfg(test)]
    Trial,
}

/// A connection to one TPM.
pub(super) struct Esys {
    context: *mut ESYS_CONTEXT,
    tcti: *mut TSS2_TCTI_CONTEXT,
}

// SAFETY: the library keeps no thread-local state, so a context may move between threads as long as one
// thread at a time uses it; `Esys` holds raw pointers and is therefore not Sync, which ensures that.
unsafe impl Send for Esys {}

/// Something inside the TPM, or ESYS's note of it, released when dropped.
pub(super) struct Object<'a> {
    esys: &'a Esys,
    handle: ESYS_TR,
    /// A transient object or a session takes room in the TPM; a persistent one only in ESYS.
    transient: bool,
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        if self.handle == NO {
            return;
        }
        // A failure here means that the TPM is gone, and then the object is gone too.
        let _ = if self.transient {
            esys!(self.esys.context, Esys_FlushContext(self.handle))
        } else {
            esys!(self.esys.context, Esys_TR_Close(&mut self.handle))
        };
    }
}

/// The TPM's own word that a signature is good.
pub(super) struct Ticket(TPMT_TK_VERIFIED);

/// A structure that ESYS allocates and we free.
struct Out<T>(*mut T);

impl<T> Out<T> {
    fn new() -> Self {
        Self(ptr::null_mut())
    }

    fn get(&mut self) -> Result<&mut T, Code> {
        // SAFETY: null until ESYS has stored a pointer to a whole, initialised T that it gave away; it is
        // freed only in drop, and the borrow of `self` ends before that.
        unsafe { self.0.as_mut() }.ok_or(Code::MALFORMED)
    }
}

impl<T> Drop for Out<T> {
    fn drop(&mut self) {
        // SAFETY: null, or a pointer from ESYS's allocator that nobody else frees.
        unsafe { Esys_Free(self.0.cast()) };
    }
}

/// The bytes of a TPM2B structure; its size field comes from the TPM and is not believed.
fn bytes(size: u16, buffer: &[u8]) -> Result<Vec<u8>, Code> {
    buffer.get(..size.into()).map(<[u8]>::to_vec).ok_or(Code::MALFORMED)
}

/// Size and buffer of a TPM2B structure.
fn sized<const N: usize>(bytes: &[u8]) -> Result<(u16, [u8; N]), Code> {
    let mut buffer = [0; N];
    buffer.get_mut(..bytes.len()).ok_or(Code::TOO_LONG)?.copy_from_slice(bytes);
    Ok((bytes.len().try_into().map_err(|_| Code::TOO_LONG)?, buffer))
}

fn digest(from: &[u8]) -> Result<TPM2B_DIGEST, Code> {
    let (size, buffer) = sized(from)?;
    Ok(TPM2B_DIGEST { size, buffer })
}

fn one_pcr(index: u8) -> TPML_PCR_SELECTION {
    let mut selection = TPML_PCR_SELECTION { count: 1, ..Default::default() };
    if let Some(first) = selection.pcrSelections.first_mut() {
        first.hash = SHA256;
        first.sizeofSelect = 3;
        if let Some(byte) = first.pcrSelect.get_mut(usize::from(index / 8)) {
            *byte = 1 << (index % 8);
        }
    }
    selection
}

fn public_from(area: &[u8]) -> Result<TPM2B_PUBLIC, Code> {
    // SAFETY: an all-zero TPM2B_PUBLIC is a valid value of the C structure (integers, arrays and unions).
    let mut public: TPM2B_PUBLIC = unsafe { mem::zeroed() };
    let mut offset = 0;
    // SAFETY: the buffer's length is given, and the destination is a whole TPMT_PUBLIC.
    Code::check(unsafe {
        Tss2_MU_TPMT_PUBLIC_Unmarshal(
            area.as_ptr(),
            area.len().try_into().map_err(|_| Code::TOO_LONG)?,
            &mut offset,
            &mut public.publicArea,
        )
    })?;
    Ok(public)
}

fn public_to(public: &TPM2B_PUBLIC) -> Result<Vec<u8>, Code> {
    let (mut area, mut offset) = (vec![0u8; mem::size_of::<TPM2B_PUBLIC>()], 0);
    let size = area.len().try_into().map_err(|_| Code::TOO_LONG)?;
    // SAFETY: the buffer's length is given, and the library stops there.
    Code::check(unsafe {
        Tss2_MU_TPMT_PUBLIC_Marshal(&public.publicArea, area.as_mut_ptr(), size, &mut offset)
    })?;
    area.truncate(offset.try_into().map_err(|_| Code::MALFORMED)?);
    Ok(area)
}

fn sensitive(secret: &[u8]) -> Result<TPM2B_SENSITIVE_CREATE, Code> {
    let (size, buffer) = sized(secret)?;
    let data = TPM2B_SENSITIVE_DATA { size, buffer };
    Ok(TPM2B_SENSITIVE_CREATE { size: 0, sensitive: TPMS_SENSITIVE_CREATE { userAuth: digest(&[])?, data } })
}

fn nothing() -> Result<TPM2B_DATA, Code> {
    let (size, buffer) = sized(&[])?;
    Ok(TPM2B_DATA { size, buffer })
}

impl Esys {
    /// Connects; `configuration` as `tss2-tctildr` reads it, e.g. `device:/dev/tpmrm0`.
    pub(super) fn open(configuration: &str) -> Result<Self, Code> {
        let name = CString::new(configuration).map_err(|_| Code::MALFORMED)?;
        let mut open = Self { context: ptr::null_mut(), tcti: ptr::null_mut() };
        // SAFETY: the name is a C string that outlives the call; the slot receives a context that our Drop
        // ends. If the call fails the slot stays null, which both Finalize functions accept.
        Code::check(unsafe { Tss2_TctiLdr_Initialize(name.as_ptr(), &mut open.tcti) })?;
        // SAFETY: the TCTI is live and outlives the context (see Drop); a null ABI version means "any".
        Code::check(unsafe { Esys_Initialize(&mut open.context, open.tcti, ptr::null_mut()) })?;
        Ok(open)
    }

    fn transient(&self, handle: ESYS_TR) -> Object<'_> {
        Object { esys: self, handle, transient: true }
    }

    /// Whether the TPM has something at a persistent or NV handle. Asking fails no command, so the C
    /// library logs nothing.
    pub(super) fn exists(&self, handle: u32) -> Result<bool, Code> {
        let (mut more, mut found) = (0, Out::<TPMS_CAPABILITY_DATA>::new());
        esys!(
            self.context,
            Esys_GetCapability(NO, NO, NO, CAPABILITY_HANDLES, handle, 1, &mut more, &mut found.0)
        )?;
        // SAFETY: the capability asked for is the list of handles, so that is the union's live member.
        let handles = unsafe { found.get()?.data.handles };
        Ok(handles.count > 0 && handles.handle.first() == Some(&handle))
    }

    /// What stands at a persistent or NV handle. Ask for one handle once at a time: some versions of the
    /// library share one note among all who ask, and dropping the first drops it for all.
    pub(super) fn at(&self, handle: u32) -> Result<Object<'_>, Code> {
        let mut found = NO;
        esys!(self.context, Esys_TR_FromTPMPublic(handle, NO, NO, NO, &mut found))?;
        Ok(Object { esys: self, handle: found, transient: false })
    }

    /// A primary key made from a hierarchy's seed: the same template gives the same key.
    pub(super) fn create_primary(&self, of: Hierarchy, template: &[u8]) -> Result<Object<'_>, Code> {
        let (mut public, mut data) = (Out::new(), Out::new());
        let (mut hash, mut ticket, mut made) = (Out::new(), Out::new(), NO);
        esys!(
            self.context,
            Esys_CreatePrimary(
                of.handle(),
                PASSWORD,
                NO,
                NO,
                &sensitive(&[])?,
                &public_from(template)?,
                &nothing()?,
                &TPML_PCR_SELECTION::default(),
                &mut made,
                &mut public.0,
                &mut data.0,
                &mut hash.0,
                &mut ticket.0,
            )
        )?;
        Ok(self.transient(made))
    }

    /// Keeps a key of the owner's under a persistent handle.
    pub(super) fn persist(&self, object: &Object<'_>, handle: u32) -> Result<Object<'_>, Code> {
        let mut kept = NO;
        esys!(
            self.context,
            Esys_EvictControl(ESYS_TR_RH_OWNER, object.handle, PASSWORD, NO, NO, handle, &mut kept)
        )?;
        Ok(Object { esys: self, handle: kept, transient: false })
    }

    /// The public area (`TPMT_PUBLIC`) of a key.
    pub(super) fn public(&self, of: &Object<'_>) -> Result<Vec<u8>, Code> {
        let (mut public, mut name, mut qualified) = (Out::new(), Out::new(), Out::new());
        esys!(
            self.context,
            Esys_ReadPublic(of.handle, NO, NO, NO, &mut public.0, &mut name.0, &mut qualified.0)
        )?;
        public_to(public.get()?)
    }

    /// The TPM's name of an object or index: the hash algorithm and the hash of its public area.
    pub(super) fn name(&self, of: &Object<'_>) -> Result<Vec<u8>, Code> {
        let mut name = Out::<TPM2B_NAME>::new();
        esys!(self.context, Esys_TR_GetName(of.handle, &mut name.0))?;
        let name = name.get()?;
        bytes(name.size, &name.name)
    }

    /// Seals data under a parent; gives the private (encrypted) and the public part.
    pub(super) fn create(
        &self,
        parent: &Object<'_>,
        session: &Object<'_>,
        secret: &[u8],
        template: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), Code> {
        let (mut private, mut public) = (Out::<TPM2B_PRIVATE>::new(), Out::new());
        let (mut data, mut hash, mut ticket) = (Out::new(), Out::new(), Out::new());
        let mut input = sensitive(secret)?;
        let made = esys!(
            self.context,
            Esys_Create(
                parent.handle,
                session.handle,
                NO,
                NO,
                &input,
                &public_from(template)?,
                &nothing()?,
                &TPML_PCR_SELECTION::default(),
                &mut private.0,
                &mut public.0,
                &mut data.0,
                &mut hash.0,
                &mut ticket.0,
            )
        );
        input.sensitive.data.buffer.zeroize();
        made?;
        let private = private.get()?;
        Ok((bytes(private.size, &private.buffer)?, public_to(public.get()?)?))
    }

    /// Loads what [`Esys::create`] gave.
    pub(super) fn load(
        &self,
        parent: &Object<'_>,
        private: &[u8],
        public: &[u8],
    ) -> Result<Object<'_>, Code> {
        let (size, buffer) = sized(private)?;
        let private = TPM2B_PRIVATE { size, buffer };
        let (public, mut loaded) = (public_from(public)?, NO);
        esys!(self.context, Esys_Load(parent.handle, PASSWORD, NO, NO, &private, &public, &mut loaded))?;
        Ok(self.transient(loaded))
    }

    /// Loads somebody's public key, to verify with.
    pub(super) fn load_public(&self, area: &[u8]) -> Result<Object<'_>, Code> {
        let (public, mut loaded) = (public_from(area)?, NO);
        esys!(
            self.context,
            Esys_LoadExternal(NO, NO, NO, ptr::null(), &public, ESYS_TR_RH_OWNER, &mut loaded)
        )?;
        Ok(self.transient(loaded))
    }

    /// Opens a session. A salt key makes it encrypted against whoever listens on the bus: the session key
    /// then comes from a secret that only this key's TPM can decrypt.
    pub(super) fn session(&self, kind: Kind, salt: Option<&Object<'_>>) -> Result<Object<'_>, Code> {
        let (session_type, flags) = match kind {
            Kind::Encrypted => (0x00, CONTINUE | DECRYPT | ENCRYPT),
            Kind::PolicyEncrypted => (0x01, CONTINUE | ENCRYPT),
            Kind::PolicyBoth => (0x01, CONTINUE | DECRYPT | ENCRYPT),
            Kind::Policy => (0x01, CONTINUE),
            #[cfg(test)]
            Kind::Trial => (0x03, CONTINUE),
        };
        let symmetric = TPMT_SYM_DEF {
            algorithm: AES,
            keyBits: TPMU_SYM_KEY_BITS { aes: 128 },
            mode: TPMU_SYM_MODE { aes: CFB },
        };
        let (salt, mut opened) = (salt.map_or(NO, |key| key.handle), NO);
        esys!(
            self.context,
            Esys_StartAuthSession(
                salt,
                NO,
                NO,
                NO,
                NO,
                ptr::null(),
                session_type,
                &symmetric,
                SHA256,
                &mut opened
            )
        )?;
        let session = self.transient(opened);
        esys!(self.context, Esys_TRSess_SetAttributes(session.handle, flags, 0xff))?;
        Ok(session)
    }

    /// Opens a sealed object.
    pub(super) fn unseal(&self, object: &Object<'_>, session: &Object<'_>) -> Result<SecretBytes, Code> {
        let mut out = Out::<TPM2B_SENSITIVE_DATA>::new();
        esys!(self.context, Esys_Unseal(object.handle, session.handle, NO, NO, &mut out.0))?;
        let data = out.get()?;
        let secret = bytes(data.size, &data.buffer).map(SecretBytes::new);
        data.buffer.zeroize();
        secret
    }

    /// Up to 32 bytes of the TPM's own randomness, encrypted on the bus.
    pub(super) fn random(&self, session: &Object<'_>, count: u16) -> Result<SecretBytes, Code> {
        let mut out = Out::<TPM2B_DIGEST>::new();
        esys!(self.context, Esys_GetRandom(session.handle, NO, NO, count, &mut out.0))?;
        let random = out.get()?;
        let secret = bytes(random.size, &random.buffer).map(SecretBytes::new);
        random.buffer.zeroize();
        secret
    }

    /// The SHA-256 value of a PCR.
    pub(super) fn pcr(&self, index: u8) -> Result<Vec<u8>, Code> {
        let (mut counter, mut selected, mut values) = (0, Out::new(), Out::<TPML_DIGEST>::new());
        esys!(
            self.context,
            Esys_PCR_Read(NO, NO, NO, &one_pcr(index), &mut counter, &mut selected.0, &mut values.0)
        )?;
        let values = values.get()?;
        let value = values.digests.first().filter(|_| values.count == 1).ok_or(Code::MALFORMED)?;
        bytes(value.size, &value.buffer)
    }

    /// Extends a PCR's SHA-256 bank.
    pub(super) fn extend(&self, index: u8, with: [u8; 32]) -> Result<(), Code> {
        // SAFETY: an all-zero list of digests is a valid value of the C structure.
        let mut list: TPML_DIGEST_VALUES = unsafe { mem::zeroed() };
        list.count = 1;
        if let Some(first) = list.digests.first_mut() {
            *first = TPMT_HA { hashAlg: SHA256, digest: TPMU_HA { sha256: with } };
        }
        esys!(self.context, Esys_PCR_Extend(ESYS_TR_PCR0 + u32::from(index), PASSWORD, NO, NO, &list))
    }

    /// `PolicyPCR` over the present value of one PCR.
    pub(super) fn policy_pcr(&self, session: &Object<'_>, index: u8) -> Result<(), Code> {
        let (digest, selection) = (digest(&[])?, one_pcr(index));
        esys!(self.context, Esys_PolicyPCR(session.handle, NO, NO, NO, &digest, &selection))
    }

    /// `PolicyNV`: the index's content, as an unsigned number, is at most `limit`.
    pub(super) fn policy_at_most(
        &self,
        session: &Object<'_>,
        index: &Object<'_>,
        limit: u64,
    ) -> Result<(), Code> {
        let limit = digest(&limit.to_be_bytes())?;
        esys!(
            self.context,
            Esys_PolicyNV(index.handle, index.handle, session.handle, PASSWORD, NO, NO, &limit, 0, AT_MOST)
        )
    }

    /// `PolicyNvWritten`: the index that the command addresses has never been written.
    pub(super) fn policy_unwritten(&self, session: &Object<'_>) -> Result<(), Code> {
        esys!(self.context, Esys_PolicyNvWritten(session.handle, NO, NO, NO, 0))
    }

    /// `PolicyCpHash`: exactly this command, with these objects and parameters.
    pub(super) fn policy_command(&self, session: &Object<'_>, hash: &[u8]) -> Result<(), Code> {
        esys!(self.context, Esys_PolicyCpHash(session.handle, NO, NO, NO, &digest(hash)?))
    }

    /// `PolicyAuthorize`: what the session has satisfied so far is approved by a key.
    pub(super) fn policy_authorize(
        &self,
        session: &Object<'_>,
        approved: &[u8],
        reference: &[u8],
        key_name: &[u8],
        ticket: &Ticket,
    ) -> Result<(), Code> {
        let (size, name) = sized(key_name)?;
        let name = TPM2B_NAME { size, name };
        esys!(
            self.context,
            Esys_PolicyAuthorize(
                session.handle,
                NO,
                NO,
                NO,
                &digest(approved)?,
                &digest(reference)?,
                &name,
                &ticket.0,
            )
        )
    }

    /// A session's policy digest so far.
    #[cfg(test)]
    pub(super) fn policy_digest(&self, session: &Object<'_>) -> Result<Vec<u8>, Code> {
        let mut out = Out::<TPM2B_DIGEST>::new();
        esys!(self.context, Esys_PolicyGetDigest(session.handle, NO, NO, NO, &mut out.0))?;
        let value = out.get()?;
        bytes(value.size, &value.buffer)
    }

    /// Checks an RSASSA signature over a SHA-256 digest.
    pub(super) fn verify(&self, key: &Object<'_>, hash: &[u8], signature: &[u8]) -> Result<Ticket, Code> {
        let mut out = Out::<TPMT_TK_VERIFIED>::new();
        let (size, buffer) = sized(signature)?;
        let sig = TPM2B_PUBLIC_KEY_RSA { size, buffer };
        let rsassa = TPMS_SIGNATURE_RSA { hash: SHA256, sig };
        let signature = TPMT_SIGNATURE { sigAlg: RSASSA, signature: TPMU_SIGNATURE { rsassa } };
        esys!(
            self.context,
            Esys_VerifySignature(key.handle, NO, NO, NO, &digest(hash)?, &signature, &mut out.0)
        )?;
        Ok(Ticket(*out.get()?))
    }

    /// Defines an NV index of the owner's, with an empty auth value, from its `TPMS_NV_PUBLIC`.
    pub(super) fn nv_define(&self, area: &[u8]) -> Result<Object<'_>, Code> {
        // SAFETY: an all-zero TPM2B_NV_PUBLIC is a valid value of the C structure.
        let mut public: TPM2B_NV_PUBLIC = unsafe { mem::zeroed() };
        let (size, mut offset, mut index) = (area.len().try_into().map_err(|_| Code::TOO_LONG)?, 0, NO);
        // SAFETY: the buffer's length is given, and the destination is a whole TPMS_NV_PUBLIC.
        Code::check(unsafe {
            Tss2_MU_TPMS_NV_PUBLIC_Unmarshal(area.as_ptr(), size, &mut offset, &mut public.nvPublic)
        })?;
        esys!(
            self.context,
            Esys_NV_DefineSpace(ESYS_TR_RH_OWNER, PASSWORD, NO, NO, &digest(&[])?, &public, &mut index)
        )?;
        Ok(Object { esys: self, handle: index, transient: false })
    }

    /// Writes an index under a session.
    pub(super) fn nv_write(&self, index: &Object<'_>, session: &Object<'_>, data: &[u8]) -> Result<(), Code> {
        let (size, buffer) = sized(data)?;
        let data = TPM2B_MAX_NV_BUFFER { size, buffer };
        esys!(self.context, Esys_NV_Write(index.handle, index.handle, session.handle, NO, NO, &data, 0))
    }

    /// Reads an index with its own empty auth value.
    pub(super) fn nv_read(&self, index: &Object<'_>, size: u16) -> Result<Vec<u8>, Code> {
        let mut out = Out::<TPM2B_MAX_NV_BUFFER>::new();
        esys!(self.context, Esys_NV_Read(index.handle, index.handle, PASSWORD, NO, NO, size, 0, &mut out.0))?;
        let data = out.get()?;
        bytes(data.size, &data.buffer)
    }
}

impl Drop for Esys {
    fn drop(&mut self) {
        // SAFETY: both were made by the matching Initialize or are null; the context goes first because it
        // uses the TCTI. No `Object` is left: each borrows `self`.
        unsafe {
            if !self.context.is_null() {
                Esys_Finalize(&mut self.context);
            }
            if !self.tcti.is_null() {
                Tss2_TctiLdr_Finalize(&mut self.tcti);
            }
        }
    }
}
