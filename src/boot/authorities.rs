//! Where certificate authorities are found.

use crate::action::{Authority, MakeDirectory};
use crate::config::{Appliance, Profile};
use crate::tls::acme::{BadDirectory, Directory};

/// Authorities at their own addresses. Only a `dev` machine finds those that are fixed in code where its
/// provisioning file says, whatever the file says: the configuration refuses it under `release`, and so does this.
pub(super) fn authorities(
    profile: Profile,
    appliance: &Appliance,
) -> Result<Box<MakeDirectory>, BadDirectory> {
    let dev = appliance.dev.as_ref().filter(|_| profile == Profile::Dev);
    let detour = dev.and_then(|dev| Some((dev.acme_endpoint?.0, dev.gateway_root.as_deref())));
    let detour = detour.map(|(at, root)| Directory::detour(at, root)).transpose()?;
    Ok(Box::new(move |authority| match (authority, &detour) {
        (Authority::LetsEncrypt | Authority::LetsEncryptStaging, Some(detour)) => Ok(detour.clone()),
        _ => Directory::new(authority.directory(), authority.root()),
    }))
}
