//! Turns names and seeds into certificates. Nothing is random: a key is made of its seed, and is no secret.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, PKCS_ED25519};
use rcgen::{PublicKeyData, SignatureAlgorithm};
use rustls::SignatureScheme::ED25519;
use rustls::crypto::ring::{default_provider, sign};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410 section 7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// An Ed25519 key.
struct Key {
    pkcs8: PrivatePkcs8KeyDer<'static>,
    signing: Arc<dyn rustls::sign::SigningKey>,
    public: Vec<u8>,
}

impl Key {
    fn new(seed: u8) -> Self {
        let pkcs8 = PrivatePkcs8KeyDer::from([&PKCS8[..], &[seed; 32]].concat());
        let signing = sign::any_eddsa_type(&pkcs8).expect("any 32 bytes are a key");
        // RFC 8410 section 4: the key itself is the end of what describes it.
        let described = signing.public_key().expect("ring knows it");
        let public = described[described.len() - 32..].to_vec();
        Self { pkcs8, signing, public }
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ED25519
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signer = self.signing.choose_scheme(&[ED25519]).expect("it is such a key");
        Ok(signer.sign(message).expect("whatever the message, it can be signed"))
    }
}

/// Somebody who vouches for servers.
pub(crate) struct Authority(CertifiedIssuer<'static, Key>);

/// A certificate, and the key that proves whose it is.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivatePkcs8KeyDer<'static>,
}

impl Authority {
    pub(crate) fn new(seed: u8) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, format!("authority {seed}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, Key::new(seed)).expect("nothing is missing"))
    }

    /// Vouches for these names and addresses.
    pub(crate) fn identity(&self, names: &[&str]) -> Identity {
        self.signed(params(names))
    }

    /// Vouched for these from one year to another.
    pub(crate) fn identity_for_years(&self, names: &[&str], from: i32, to: i32) -> Identity {
        let mut params = params(names);
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        self.signed(params)
    }

    fn signed(&self, params: CertificateParams) -> Identity {
        let key = Key::new(100);
        let certificate = params.signed_by(&key, &self.0).expect("nothing is missing");
        Identity { chain: vec![certificate.der().clone()], key: key.pkcs8 }
    }

    pub(crate) fn der(&self) -> &[u8] {
        self.0.der()
    }
}

impl Identity {
    /// Whoever claims to be these, and only vouches for it himself.
    pub(crate) fn self_signed(names: &[&str]) -> Self {
        let key = Key::new(101);
        let certificate = params(names).self_signed(&key).expect("nothing is missing");
        Self { chain: vec![certificate.der().clone()], key: key.pkcs8 }
    }

    pub(crate) fn config(self) -> ServerConfig {
        self.config_of(rustls::ALL_VERSIONS)
    }

    pub(crate) fn config_of(self, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(versions).expect("ring speaks them").with_no_client_auth();
        builder.with_single_cert(self.chain, self.key.into()).expect("the key is the certificate's")
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
    let mut params = CertificateParams::new(names).expect("the names are good");
    params.serial_number = Some(1.into());
    params
}

/// How the text form calls a certificate.
pub(crate) const CERTIFICATE: &str = "CERTIFICATE";

/// The text form (RFC 7468) of what bears this label.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    for three in der.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= three.len() { char::from(letter) } else { '=' });
        }
    }
    format!("{text}\n-----END {label}-----\n")
}
