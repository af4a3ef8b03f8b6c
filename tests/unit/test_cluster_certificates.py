"""Certificates a TLS library accepts, one file per subject and set of host names."""

from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from dev.cluster.certificates import CertificateAuthority, KeyPair


def _load(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def test_client_certificate_names_user_and_groups_and_is_signed_by_the_authority(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    certificate = _load(authority.client("someone", "alice", ["writers", "readers"]))
    certificate.verify_directly_issued_by(_load(authority.files))
    groups = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "alice"
    assert groups == ["writers", "readers"]


def test_server_certificate_is_valid_for_its_names(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    certificate = _load(authority.server("api", ["api.example", "10.1.2.3"]))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.example"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.1.2.3"]


def test_same_name_for_a_server_and_a_client_does_not_collide(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    assert authority.server("kubelet", ["node"]).certificate != authority.client("kubelet", "system:node:node").certificate


def test_second_use_of_the_folder_finds_the_same_authority_and_certificates(tmp_path: Path) -> None:
    first = CertificateAuthority(tmp_path).client("someone", "alice")
    content = first.certificate.read_bytes()
    second = CertificateAuthority(tmp_path).client("someone", "alice")
    assert second == first
    assert second.certificate.read_bytes() == content


def test_private_keys_are_private(tmp_path: Path) -> None:
    authority = CertificateAuthority(tmp_path)
    pair = authority.client("someone", "alice")
    modes = {file.stat().st_mode & 0o777 for file in (pair.key, authority.files.key, authority.signing_key("tokens"))}
    assert modes == {0o600}
