//! What other software with access to the TPM can do to us, and what we say then.

use cashcow::tpm::{Device, TpmError};
use tss_esapi::Context;
use tss_esapi::abstraction::cipher::Cipher;
use tss_esapi::attributes::ObjectAttributesBuilder;
use tss_esapi::constants::CapabilityType;
use tss_esapi::handles::{AuthHandle, ObjectHandle, PersistentTpmHandle, TpmHandle};
use tss_esapi::interface_types::algorithm::{HashingAlgorithm, PublicAlgorithm};
use tss_esapi::interface_types::dynamic_handles::Persistent;
use tss_esapi::interface_types::key_bits::RsaKeyBits;
use tss_esapi::interface_types::resource_handles::{Hierarchy, Provision};
use tss_esapi::interface_types::session_handles::AuthSession;
use tss_esapi::structures::{
    Auth, CapabilityData, KeyedHashScheme, Public, PublicBuilder, PublicKeyedHashParameters, RsaExponent,
    RsaScheme, SensitiveData,
};
use tss_esapi::tcti_ldr::{NetworkTPMConfig, TctiNameConf};
use tss_esapi::utils;

use crate::bench::{Machine, SECRET};

const STORAGE_KEY: u32 = 0x8100_0001;
const MINIMUM: u32 = 0x0180_0C01;

/// Another client, with the hierarchies' empty passwords.
fn stranger(device: &Device) -> Context {
    let Device::Swtpm { host, port } = device else { panic!("not a software TPM") };
    let network: NetworkTPMConfig = format!("host={host},port={port}").parse().unwrap();
    let mut context = Context::new(TctiNameConf::Swtpm(network)).unwrap();
    context.set_sessions((Some(AuthSession::Password), None, None));
    context
}

fn at(context: &mut Context, handle: u32) -> ObjectHandle {
    let handle = TpmHandle::try_from(handle).unwrap();
    context.execute_without_session(|context| context.tr_from_tpm_public(handle)).unwrap()
}

/// Removes the storage root key and puts one of `template` into its place.
fn replace_storage_key(device: &Device, template: Public) {
    let mut context = stranger(device);
    let place = Persistent::Persistent(PersistentTpmHandle::new(STORAGE_KEY).unwrap());
    let old = at(&mut context, STORAGE_KEY);
    context.evict_control(Provision::Owner, old, place).unwrap();
    let new = context.create_primary(Hierarchy::Owner, template, None, None, None, None).unwrap().key_handle;
    context.evict_control(Provision::Owner, new.into(), place).unwrap();
    context.flush_context(new.into()).unwrap();
}

/// What the TPM holds in its few places: loaded sessions and transient objects.
pub fn left_behind(device: &Device) -> usize {
    let mut context = stranger(device);
    context.execute_without_session(|context| {
        [0x0200_0000, 0x8000_0000]
            .map(|first| match context.get_capability(CapabilityType::Handles, first, 16).unwrap() {
                (CapabilityData::Handles(handles), _) => handles.into_inner().len(),
                other => panic!("not a list of handles: {other:?}"),
            })
            .iter()
            .sum()
    })
}

#[test]
fn a_cleared_tpm_is_told_from_another_machines() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let (mut machine, ()) = machine.meanwhile(|device| stranger(device).clear(AuthHandle::Platform).unwrap());
    assert_eq!(machine.tpm.unseal(&approval, &blob).err(), Some(TpmError::Cleared));
    // The machine can be set up anew on the spot.
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    assert!(machine.tpm.unseal(&approval, &blob).is_ok());
}

#[test]
fn a_removed_minimum_version_is_taken_for_tampering_and_not_mended() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let (mut machine, ()) = machine.meanwhile(|device| {
        let mut context = stranger(device);
        let index = at(&mut context, MINIMUM);
        context.nv_undefine_space(Provision::Owner, index.into()).unwrap();
    });
    assert_eq!(machine.tpm.unseal(&approval, &blob).err(), Some(TpmError::MinimumMissing));
    assert_eq!(machine.tpm.minimum_version(&approval), Ok(None));
}

#[test]
fn a_key_that_may_not_be_a_parent_is_not_used_as_one() {
    let signing = utils::create_unrestricted_signing_rsa_public(
        RsaScheme::Null,
        RsaKeyBits::Rsa2048,
        RsaExponent::default(),
    )
    .unwrap();
    let machine = Machine::new();
    let device = machine.device();
    drop(machine.tpm);
    replace_storage_key(&device, signing);
    assert_eq!(cashcow::tpm::Tpm::open(&device).err(), Some(TpmError::StorageKey));
}

// systemd keeps an RSA storage root key where the TPM has no elliptic curves.
#[test]
fn an_rsa_storage_key_that_somebody_else_made_serves_as_well() {
    let cipher = Cipher::aes_128_cfb().try_into().unwrap();
    let rsa =
        utils::create_restricted_decryption_rsa_public(cipher, RsaKeyBits::Rsa2048, RsaExponent::default())
            .unwrap();
    let (mut machine, ()) = Machine::new().meanwhile(|device| replace_storage_key(device, rsa));
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
}

// Wrong guesses at somebody else's object lock a TPM for hours. A shop must go on.
#[test]
fn a_tpm_that_others_have_locked_out_still_opens_our_secrets() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let (mut machine, locked) = machine.meanwhile(guess_until_locked_out);
    assert!(locked, "the TPM did not lock");
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
}

fn guess_until_locked_out(device: &Device) -> bool {
    let mut context = stranger(device);
    let attributes = ObjectAttributesBuilder::new()
        .with_fixed_tpm(true)
        .with_fixed_parent(true)
        .with_user_with_auth(true)
        .build()
        .unwrap();
    let template = PublicBuilder::new()
        .with_public_algorithm(PublicAlgorithm::KeyedHash)
        .with_name_hashing_algorithm(HashingAlgorithm::Sha256)
        .with_object_attributes(attributes)
        .with_keyed_hash_parameters(PublicKeyedHashParameters::new(KeyedHashScheme::Null))
        .with_keyed_hash_unique_identifier(Default::default())
        .build()
        .unwrap();
    let auth = Auth::try_from(b"right".to_vec()).unwrap();
    let data = SensitiveData::try_from(b"theirs".to_vec()).unwrap();
    let parent = at(&mut context, STORAGE_KEY);
    let made = context.create(parent.into(), template, Some(auth), Some(data), None, None).unwrap();
    let object = context.load(parent.into(), made.out_private, made.out_public).unwrap();
    let wrong = Auth::try_from(b"wrong".to_vec()).unwrap();
    context.tr_set_auth(object.into(), wrong).unwrap();
    let locked = (0..40).any(|_| match context.unseal(object.into()) {
        Err(tss_esapi::Error::Tss2Error(code)) => {
            code.kind() == Some(tss_esapi::constants::response_code::Tss2ResponseCodeKind::Lockout)
        }
        _ => false,
    });
    context.flush_context(object.into()).unwrap();
    locked
}
