//! From when until when a certificate is valid: the one thing about it that nobody tells of one which
//! is trusted itself.

use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::{CertificateError, Error as TlsError};

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, before the serial number.
const VERSION: u8 = 0xa0;

/// Refuses a certificate before and after its time.
pub(super) fn check(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), TlsError> {
    let refused = |error| Err(TlsError::InvalidCertificate(error));
    let Some((from, until)) = validity(certificate) else {
        return refused(CertificateError::BadEncoding);
    };
    let now = written(now.as_secs());
    if now < from {
        return refused(CertificateError::NotValidYet);
    }
    if now > until {
        return refused(CertificateError::Expired);
    }
    Ok(())
}

/// Both times as `YYYYMMDDHHMMSS`.
fn validity(der: &[u8]) -> Option<(String, String)> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = any(fields)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        fields = any(fields)?.2;
    }
    let (times, _) = element(fields, SEQUENCE)?;
    let (tag, from, rest) = any(times)?;
    let from = time(tag, from)?;
    let (tag, until, _) = any(rest)?;
    Some((from, time(tag, until)?))
}

fn time(tag: u8, text: &[u8]) -> Option<String> {
    let digits = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match (tag, digits.len()) {
        (GENERALIZED_TIME, 14) => Some(digits.to_owned()),
        (UTC_TIME, 12) if digits < "50" => Some(format!("20{digits}")),
        (UTC_TIME, 12) => Some(format!("19{digits}")),
        _ => None,
    }
}

/// The content of an element that must have a tag, and what follows it.
fn element(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = any(der)?;
    (tag == wanted).then_some((content, rest))
}

/// The tag and the content of an element, and what follows it.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (length, mut rest) = rest.split_first()?;
    let mut length = usize::from(*length);
    if length >= 0x80 {
        let size = length - 0x80;
        if size == 0 || size > 4 {
            return None;
        }
        let (bytes, after) = rest.split_at_checked(size)?;
        length = bytes.iter().try_fold(0_usize, |sum, byte| {
            sum.checked_mul(256)?.checked_add(usize::from(*byte))
        })?;
        rest = after;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// Seconds since 1970 as `YYYYMMDDHHMMSS`, by Hinnant's `civil_from_days`.
fn written(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}{month:02}{day:02}{:02}{:02}{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_certificates_do() {
        for (seconds, expected) in [
            (0, "19700101000000"),
            (951_782_400, "20000229000000"),
            (1_709_251_199, "20240229235959"),
            (4_102_444_800, "21000101000000"),
        ] {
            assert_eq!(written(seconds), expected);
        }
    }

    #[test]
    fn a_certificate_is_refused_before_and_after_its_time() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(["host".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2020, 2, 29);
        parameters.not_after = rcgen::date_time_ymd(2060, 1, 1);
        let certificate = parameters.self_signed(&key).unwrap();
        let at = |seconds| {
            check(
                certificate.der(),
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            )
        };
        assert!(at(1_582_934_400).is_ok());
        assert!(at(1_582_934_399).is_err());
        assert!(at(2_840_140_800).is_ok());
        assert!(at(2_840_140_801).is_err());
        // No cut of it is a panic.
        for end in 0..certificate.der().len() {
            let _ = validity(&certificate.der()[..end]);
        }
        assert_eq!(validity(&certificate.der()[..40]), None);
    }
}
