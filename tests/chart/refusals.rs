//! The chart rejects values that cannot work before it installs anything.

use super::tools::template;

/// A values file, what is set in addition, and words of the error.
const REJECTED: [(&str, &str, &[&str]); 55] = [
    ("small", "auth.issuer=", &["auth.issuer is required"]),
    ("small", "auth.audience=", &["auth.audience is required"]),
    ("small", "secrets.encryptionKeys=", &["secrets.encryptionKeys", "is required"]),
    ("small", "secrets.databaseUrl=", &["secrets.databaseUrl", "unless embedded is true"]),
    ("small", "secrets.redisUrl=", &["secrets.redisUrl", "unless embedded is true"]),
    ("small", "storage.url=", &["storage.url is required"]),
    ("small", "storage.existingClaim=", &["storage.existingClaim", "ReadWriteMany"]),
    ("small", "oauth.clientId=app", &["secrets.oauthClientSecret is required"]),
    ("small", "oauth.clientId=app,secrets.oauthClientSecret=s", &["oauth.redirectUrl is required"]),
    ("small", "smtp.from=a@example.com", &["smtp.from and secrets.smtpUrl go together"]),
    (
        "small",
        "heartbeat.enabled=true",
        &["heartbeat.enabled and secrets.heartbeatUrl go together"],
    ),
    ("small", "ingress.enabled=true", &["ingress.host is required"]),
    ("small", "apply.configuration.segments={}", &["apply.instance is required"]),
    (
        "small",
        "apply.configuration.segments={},apply.instance=0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01",
        &["apply.token is required"],
    ),
    ("small", "httpRoute.enabled=true", &["httpRoute.parentRefs is required"]),
    ("embedded", "storage.url=s3://members", &["not allowed when embedded is true"]),
    ("embedded", "worker.autoscaling.enabled=true", &["cannot scale"]),
    ("small", "secrets.encryptionKeys=one:short", &["secrets.encryptionKeys must be", "32 bytes"]),
    (
        "small",
        "secrets.databaseUrl=mysql://x",
        &["secrets.databaseUrl must begin with postgres://"],
    ),
    ("small", "secrets.redisUrl=http://x", &["secrets.redisUrl must begin with redis://"]),
    ("small", "storage.url=ftp://x", &["/storage/url", "does not match pattern"]),
    ("small", "oauth.redirectUrl=http://x", &["/oauth/redirectUrl", "does not match pattern"]),
    ("small", "port=80", &["/port", "minimum"]),
    ("small", "drainSeconds=0", &["/drainSeconds", "minimum"]),
    ("small", "worker.replicas=many", &["/worker/replicas", "want integer"]),
    ("small", "settings.DEV=true", &["settings.DEV is not allowed"]),
    ("small", "settings.lower=1", &["additional properties 'lower' not allowed"]),
    ("small", "settings.AUTH_ISSUER=accounts", &["settings.AUTH_ISSUER is not allowed"]),
    ("small", "settings.RUNS_IN_PARALEL=8", &["/settings", "'RUNS_IN_PARALEL' not allowed"]),
    (
        "small",
        "settings.SEGMENT_EXPORT_LEASE_MS=60000",
        &["/settings", "'SEGMENT_EXPORT_LEASE_MS' not allowed"],
    ),
    ("small", "settings.LEASE_MS=60s", &["/settings/LEASE_MS", "'60s' does not match pattern"]),
    ("small", "settings.KEEP_RUNS_DAYS=-1", &["/settings/KEEP_RUNS_DAYS", "minimum"]),
    ("small", "auth.issuer=login.example.com", &["/auth/issuer", "does not match pattern"]),
    (
        "small",
        "api.autoscaling.enabled=true,api.autoscaling.minReplicas=9",
        &["api.autoscaling.minReplicas (9) is above api.autoscaling.maxReplicas (6)"],
    ),
    (
        "production",
        "worker.autoscaling.minReplicas=13",
        &["worker.autoscaling.minReplicas (13) is above worker.autoscaling.maxReplicas (12)"],
    ),
    ("small", r"podLabels.app\.kubernetes\.io/component=x", &["app.kubernetes.io/component"]),
    (
        "small",
        r"podLabels.app\.kubernetes\.io/name=x",
        &["podLabels.app.kubernetes.io/name is not allowed", "rename yours"],
    ),
    (
        "small",
        "storage.url=file:///tmp/",
        &["/tmp is the directory of temporary files and of the default root"],
    ),
    (
        "small",
        "storage.roots.crm.url=file:///data/segments/,storage.roots.crm.existingClaim=crm",
        &["/data/segments is the directory of the default root and of the root crm"],
    ),
    (
        "embedded",
        "storage.roots.crm.url=file:///data,storage.roots.crm.existingClaim=crm",
        &["/data is the directory of the default root and of the root crm"],
    ),
    ("small", "settings.REDIS_URL_FILE=/x", &["settings.REDIS_URL_FILE is not allowed"]),
    ("small", "settings.AUTH_HS256_SECRET_FILE=/x", &["for local development only"]),
    ("small", "settings.STORAGE_OPTIONS=x", &["settings.STORAGE_OPTIONS is not allowed"]),
    (
        "cloud",
        "storage.options.aws_session_token=x",
        &["storage.options.aws_session_token is a secret", "in storage.secretOptions"],
    ),
    (
        "cloud",
        "storage.roots.lake.options.azure_storage_account_key=x",
        &["storage.roots.lake.options.azure_storage_account_key is a secret"],
    ),
    (
        "cloud",
        "storage.options.aws_access_key_id=x",
        &["storage has aws_access_key_id in options and in secretOptions"],
    ),
    ("cloud", "storage.options.region=x", &["invalid propertyName 'region'"]),
    ("cloud", "storage.options.aws_region=a b", &["/storage/options/aws_region", "does not match"]),
    ("cloud", "storage.secretOptions.aws_session_token=x", &["got string, want object"]),
    ("cloud", "storage.roots.default.url=s3://x", &["storage.roots.default is not allowed"]),
    ("cloud", "storage.roots.Lake.url=s3://x", &["invalid propertyName 'Lake'"]),
    (
        "cloud",
        "storage.roots.crm-share.existingClaim=",
        &["set storage.roots.crm-share.existingClaim to the claim to mount there"],
    ),
    ("cloud", "sqlSources.shop=postgres://x", &["/sqlSources/shop", "want object"]),
    (
        "small",
        "networkPolicy.egress.extra.web.ports={8443},networkPolicy.egress.extra.web.to[0].ipBlock.cidr=10.0.0.0/8",
        &["networkPolicy.egress.extra.web is not allowed", "use another name"],
    ),
    ("small", "workers.replicas=3", &["additional properties 'workers' not allowed"]),
];

#[tokio::test]
async fn values_that_cannot_work_are_rejected_with_a_clear_message() {
    for (file, set, words) in REJECTED {
        let output = template(file, &[set]).await;
        assert!(!output.status.success(), "{set} is accepted");
        let error = String::from_utf8_lossy(&output.stderr);
        for word in words {
            assert!(error.contains(word), "{set}: {word:?} is not in {error}");
        }
    }
}
