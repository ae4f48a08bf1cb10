//! Sealing needs the public half alone; what is altered, moved or swapped does not open.

use cashcow::base::{OsRandom, SecretBytes, SeededRandom};
use cashcow::tpm::vault::{Bucket, Place, SealError, Sealed, VaultError};

use crate::bench::{MESSAGE, Machine, ask, open, place, seal};

#[test]
fn the_same_message_is_sealed_differently_each_time() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let (first, second) = (seal(&bucket, "entry"), seal(&bucket, "entry"));
    assert_ne!(first.point(), second.point());
    let shown = first.to_bytes();
    assert!(!shown.windows(8).any(|window| window == &MESSAGE[..8]));
    assert_eq!(Sealed::from_bytes(&shown), Ok(first));
}

#[test]
fn a_row_altered_in_any_byte_or_moved_to_another_place_does_not_open() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    let bytes = sealed.to_bytes();
    for at in [65, 70, bytes.len() - 17, bytes.len() - 1] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let altered = Sealed::from_bytes(&altered).unwrap();
        assert_eq!(open(&mut request, &bucket, &altered, "entry"), Err(VaultError::Altered), "byte {at}");
    }
    // Another point is another row, which nobody approved.
    let mut altered = bytes.clone();
    altered[64] ^= 1;
    let altered = Sealed::from_bytes(&altered).unwrap();
    assert_eq!(open(&mut request, &bucket, &altered, "entry"), Err(VaultError::NotListed { code: 0x1C4 }));
    let here = place("entry");
    for there in [
        Place { tenant: "tenant-2", ..here },
        Place { entry: "entry-2", ..here },
        Place { first: here.first + 1, ..here },
        // The border between the names is part of what is authenticated.
        Place { tenant: "tenant-1e", entry: "ntry", ..here },
    ] {
        assert_eq!(request.row(&bucket, &sealed, &there).err(), Some(VaultError::Altered), "{there:?}");
    }
    assert_eq!(open(&mut request, &bucket, &sealed, "entry").unwrap(), MESSAGE);
    for length in 0..82 {
        assert_eq!(Sealed::from_bytes(&bytes[..length]), Err(SealError::Shape));
    }
    assert_eq!(Sealed::from_bytes(&[&[2], &bytes[1..]].concat()), Err(SealError::Shape));
}

// Somebody puts a key of their own where the service finds the bucket's public half.
#[test]
fn a_bucket_whose_record_was_altered_or_put_together_is_refused() {
    let machine = Machine::new();
    let (vault, bucket, other) = (machine.vault(), machine.bucket(1), machine.bucket(2));
    let bytes = bucket.to_bytes();
    assert_eq!(Bucket::from_bytes(&bytes), Ok(bucket.clone()));
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert_eq!(Bucket::from_bytes(&altered), Err(VaultError::Damaged));
    }
    for length in 0..bytes.len() {
        assert_eq!(Bucket::from_bytes(&bytes[..length]), Err(VaultError::Damaged));
    }
    // With the hash made good again, what is left is the wrapping: no field of it can be another.
    use sha2::{Digest, Sha256};
    let whole = bytes.len() - 32;
    let find = |what: &[u8]| bytes.windows(what.len()).position(|window| window == what).unwrap();
    let mut swapped = bytes[..whole].to_vec();
    let (ours, theirs) = (point(&bucket), point(&other));
    let at = find(&ours);
    swapped[at..at + 32].copy_from_slice(&theirs[..32]);
    swapped[at + 34..at + 66].copy_from_slice(&theirs[34..]);
    let mut later = bytes[..whole].to_vec();
    later[12] += 1; // the epoch of its end
    for bad in [swapped, later] {
        let bad = [&bad[..], Sha256::digest(&bad).as_slice()].concat();
        let bad = Bucket::from_bytes(&bad).unwrap();
        let sealed = seal(&bad, "entry");
        let mut request = ask(&vault, &bad, &[&sealed]);
        let approvals = machine.custodians.both(request.demand());
        request.approve(&approvals).unwrap();
        let refused = open(&mut request, &bad, &sealed, "entry");
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, VaultError::Damaged | VaultError::Forgotten { code: 0x99D }),
            "{refused:?}"
        );
    }
}

/// The bucket's point as its record has it: two sized coordinates.
fn point(bucket: &Bucket) -> Vec<u8> {
    // The public half shows it in its Debug form only; the record holds it behind the policy.
    let bytes = bucket.to_bytes();
    let mark = [0x00, 0x10, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10, 0x00, 0x20];
    let at = bytes.windows(mark.len()).position(|window| window == mark).unwrap() + mark.len();
    bytes[at..at + 66].to_vec()
}

#[test]
fn a_message_of_1_to_1024_bytes_is_sealed_for_a_place_of_up_to_255() {
    let machine = Machine::new();
    let key = machine.bucket(1).sealing_key();
    let long = "x".repeat(256);
    let seal = |length, entry| key.seal(&place(entry), &SecretBytes::new(vec![1; length]), &OsRandom);
    assert!(seal(1, "entry").is_ok() && seal(1024, &long[1..]).is_ok());
    for (length, entry) in [(0, "entry"), (1025, "entry"), (1, &*long)] {
        assert_eq!(seal(length, entry), Err(SealError::Length));
    }
    // The source of randomness is passed in: the same numbers give the same bytes.
    let message = SecretBytes::new(MESSAGE.to_vec());
    let again = || key.seal(&place("entry"), &message, &SeededRandom::new(7)).unwrap();
    assert_eq!(again(), again());
}
