"""Logins of package registries by the shipped rules: what stays quiet, and each login by its registry and user."""



from __future__ import annotations

import json

import pytest

from scanner import examples
from tests.detect.parsing import ROW
from tests.detect.reading import b64, covered, seen, told, words

ENCRYPTED = "{COQLCE6DU6GtcS5P=}" + ""
QUIET = [
    "//npm.corp.lan/:_authToken=${NPM_TOKEN}", "//npm.corp.lan/:_authToken=$NPM_TOKEN", "//npm.corp.lan/:_authToken=YOUR_TOKEN_HERE_1",
    "_auth=${NPM_AUTH}", "//npm.corp.lan/:_auth=" + b64("user:password"), "//npm.corp.lan/:_password=" + b64("password"),
    "self._auth = session", "this._password = settings", "always-auth=true", "//npm.corp.lan/:username=robot", "registry=https://npm.corp.lan/",
    'npmAuthToken: "${NPM_TOKEN}"', "npmAuthIdent: \"${NPM_USER}:${NPM_PASS}\"", "npmAuthToken: ''", "npmAuthIdent: " + b64("user:password"),
    "[pypi]\nusername = __token__\n", "[pypi]\nusername = robot\npassword = <password>\n", "[pypi]\nusername: robot\npassword: ${PYPI_PASSWORD}\n",
    "[distutils]\nindex-servers =\n    pypi\n    testpypi\n[pypi]\nrepository = https://upload.pypi.org/legacy/\n",
    "[corp]\nrepository = https://pypi.corp.lan/\nusername = user\npassword = password\n",
    "[global]\nindex-url = https://pypi.corp.lan/simple\n", "--extra-index-url https://$U:$P@pypi.corp.lan/simple", "--index-url https://pypi.org/simple",
    "--extra-index-url https://user:password@pypi.corp.lan/simple", "--index-url https://__token__:${TOKEN}@pypi.corp.lan/simple",
    "index-url = https://%(user)s:%(password)s@pypi.corp.lan/simple", "GOPROXY=https://proxy.golang.org,direct", "GOPROXY=https://$U:$P@goproxy.corp.lan",
    'source "https://rubygems.org"', "registry=https://npm.corp.lan:8443/npm/", "git+https://git@github.com/acme/app", "channels:\n- conda-forge\n",
    "channels:\n- https://conda.anaconda.org/t/<TOKEN>/acme\n", "channels:\n- https://conda.anaconda.org/t/$TOKEN/acme\n",
    "poetry config http-basic.corp $U $P", 'poetry config http-basic.corp "$U" "$P"', "poetry config virtualenvs.in-project true",
    "poetry config http-basic.corp <username> <password>", "poetry config pypi-token.pypi $TOKEN", "poetry config repositories.corp https://pypi.corp.lan",
    "composer config http-basic.repo.corp.lan user password", "composer config -g github-oauth.github.com $GITHUB_TOKEN",
    "composer config repositories.a vcs https://git.corp.lan/a", "bundle config set --local path vendor/bundle", "bundle config --global jobs 4",
    "bundle config set gems.corp.lan $USER:$PASSWORD", "bundle config gems.corp.lan username:password", "bundle config build.nokogiri --use-system-libraries",
    "[registries.corp]\nindex = \"sparse+https://cargo.corp.lan/index/\"\n", '[registry]\ntoken = ""\n', '[registry]\ntoken = "<token>"\n',
    "[registry]\nglobal-credential-providers = [\"cargo:token\"]\n", "cargo login", "cargo login $TOKEN", "cargo publish --token ${CARGO_TOKEN}",
    "<server><id>a</id><username>robot</username><password>" + ENCRYPTED + "</password></server>",
    "<server><id>a</id><username>robot</username><password>${env.P}</password></server>",
    "<server><id>a</id><username>robot</username><password>rotate me {jSMOWnoPFgsHVpMvz5VrIt5kRbzGpI8u+9EF1iFQyJQ=}</password></server>",
    "<server><id>a</id><privateKey>${user.home}/.ssh/id</privateKey><passphrase>optional; leave empty if not used.</passphrase></server>",
    '<a><add key="Username" value="robot" /><add key="Password" value="AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA" /></a>',
    '<a><add key="ClearTextPassword" value="%TOKEN%" /></a>', '<a><add key="ClearTextPassword" value="" /></a>',
    '<credentials host="n.corp.lan" username="robot" passwd="${nexus.password}"/>',
    'maven { credentials { username = project.findProperty("u"); password = project.findProperty("p") } }',
    'maven { credentials { username "robot"; password "$nexusPassword" } }', "maven { credentials(PasswordCredentials) }",
    'maven { credentials { username System.getenv("U"); password System.getenv("P") } }', "credentials { accessKey }",
    'credentials += Credentials(Path.userHome / ".sbt" / ".credentials")', 'credentials += Credentials("N", "n.corp.lan", "admin", "password")',
    "realm=Nexus\nhost=n.corp.lan\nuser=robot\npassword=${P}\n", "realm=Corp\nurl=https://sso.corp.lan\n",
    '{"http-basic": {"repo.corp.lan": {"username": "robot", "password": "<password>"}}}', '{"bearer": {"type": "http", "scheme": "bearer"}}',
    '{"github-oauth": {"github.com": "%GITHUB_TOKEN%"}}', '{"http-basic": {}}', '{"security": [{"bearer": []}]}',
    'BUNDLE_PATH: "vendor/bundle"', 'BUNDLE_BUILD__NOKOGIRI: "--use-system-libraries"', "BUNDLE_GEMS__CORP__LAN: username:password",
    "BUNDLE_LOCAL__RACK: ~/work/rack", "BUNDLE_GEMS__CORP__LAN: ${GEMS_TOKEN}", "repositories:\n- name: a\n  url: https://charts.corp.lan\n  password: ''\n",
    "repositories:\n- name: a\n  username: {{ env \"U\" }}\n  password: {{ env \"P\" }}\n", "helm repo add a https://charts.corp.lan",
    'helm repo add a https://charts.corp.lan --username "$U" --password "$P"', "helm upgrade --install app ./chart --set a.password=$P -n prod",
    "twine upload dist/*", "twine upload -u __token__ -p $TOKEN dist/*", "dotnet nuget push a.nupkg --api-key $KEY --source https://nuget.corp.lan",
    "dotnet nuget add source https://nuget.corp.lan -u robot -p %TOKEN%", "jf c add a --url=https://corp.jfrog.io --access-token=$TOKEN",
    '{"serverId": "corp", "url": "https://corp.jfrog.io"}', '{"serverId": "corp", "user": "robot", "password": ""}',
    "TWINE_PASSWORD=$PYPI_TOKEN", "TWINE_PASSWORD: ${{ secrets.PYPI }}", "NPM_TOKEN=", "NPM_TOKEN: ${NPM_TOKEN}", "NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}",
    "nexusPassword=changeme", "nexusPassword = findProperty('nexusPassword')", "mavenPassword=${MAVEN_PASSWORD}", "signing.password=",
    "machine git.corp.lan login robot password <token>", "user EXAMPLE\npassword your-secret\n", "mix hex.repo add corp https://hex.corp.lan",
    "conda config --add channels conda-forge", "UV_INDEX_CORP_PASSWORD=$P", "POETRY_HTTP_BASIC_CORP_PASSWORD=${P}",
]


@pytest.mark.parametrize("text", QUIET, ids=lambda _: ROW)
def test_references_encrypted_values_and_placeholders_stay_quiet(text: str) -> None:
    assert told(seen(text)) == []


def at(registry: str, user: str | None = "robot") -> dict[str, str]:
    return {"registry": registry, **({"user": user} if user else {})}


NPM, PYPI, NEXUS, CHARTS = at("npm.corp.lan"), at("https://pypi.corp.lan/simple"), at("nexus"), at("https://charts.corp.lan")
GEMS = at("gems.corp.lan")
SERVER = "<server>\n  <id>nexus</id>\n  <username>robot</username>\n  <password>%s</password>\n</server>\n"
NUGET = (
    '<configuration>\n<packageSources>\n<add key="corp" value="https://nuget.corp.lan/v3/index.json" />\n</packageSources>\n<packageSourceCredentials>\n'
    '<corp>\n<add key="Username" value="robot" />\n<add key="ClearTextPassword" value="@PW@" />\n</corp>\n</packageSourceCredentials>\n</configuration>\n'
)
HTTP_BASIC = {"http-basic": {"repo.corp.lan": {"username": "robot", "password": "@PW@"}}}
JFROG = {"servers": [{"url": "https://corp.jfrog.io/", "user": "robot", "password": "@PW@", "serverId": "corp"}], "version": "6"}
SHAPES = [
    ("npmrc-auth-token", "//npm.corp.lan/:_authToken=@PW@\n", at("npm.corp.lan", None)),
    ("npmrc-auth-token", "//npm.corp.lan/:_authToken = \"@PW@\"\n//npm.corp.lan/:username=robot\n", NPM),
    ("npmrc-auth-token", "npm config set //npm.corp.lan/:_authToken @PW@\n", at("npm.corp.lan", None)),
    ("npmrc-auth-token", "npm config set '//npm.corp.lan/:_authToken' '@PW@'\n", at("npm.corp.lan", None)),
    ("npmrc-auth-token", "@corp:registry=https://npm.corp.lan/\n//npm.corp.lan/:_authToken=@PW@\n", at("npm.corp.lan", None)),
    ("npmrc-auth-token", '"//npm.corp.lan/:_authToken" "@PW@"\n', at("npm.corp.lan", None)),
    ("npmrc-auth", "//npm.corp.lan/:_auth=@AUTH@\n", NPM),
    ("npmrc-auth", "registry=https://npm.corp.lan\n_auth = @AUTH@\nemail = robot@corp.lan\nalways-auth = true\n", NPM),
    ("npmrc-auth", "//npm.corp.lan/:_password=@B64@\n//npm.corp.lan/:username=robot\n", NPM),
    ("npmrc-auth", '//npm.corp.lan/:username=robot\n//npm.corp.lan/:_password="@B64@"\n//npm.corp.lan/:email=a@b.lan\n', NPM),
    ("yarnrc-auth", 'npmAuthToken: "@PW@"\n', at("registry.npmjs.org", None)),
    ("yarnrc-auth", 'npmRegistries:\n  "//npm.corp.lan":\n    npmAlwaysAuth: true\n    npmAuthIdent: "robot:@PW@"\n', NPM),
    ("yarnrc-auth", "npmRegistries:\n  //npm.corp.lan:\n    npmAuthIdent: @IDENT@\n", NPM),
    ("yarnrc-auth", "npmScopes:\n  corp:\n    npmAuthToken: @PW@\n    npmRegistryServer: 'https://npm.corp.lan'\n", at("npm.corp.lan", None)),
    ("yarnrc-auth", "yarn config set npmAuthToken @PW@\n", at("registry.npmjs.org", None)),
    ("pypirc-password", "[distutils]\nindex-servers =\n    corp\n\n[corp]\nrepository = https://pypi.corp.lan/simple\nusername = robot\npassword = @PW@\n", PYPI),
    ("pypirc-password", "[corp]\nrepository: https://pypi.corp.lan/simple\nusername: robot\npassword: @PW@\n", PYPI),
    ("pypirc-password", "[pypi]\nusername = robot\npassword = @PW@\n", at("pypi")),
    ("pypirc-password", "[testpypi]\r\nusername = robot\r\npassword = @PW@\r\n", at("testpypi")),
    ("package-index-url", "[global]\nindex-url = https://robot:@PW@@pypi.corp.lan/simple\n", PYPI),
    ("package-index-url", "[global]\nextra-index-url =\n    https://robot:@PW@@pypi.corp.lan/simple\n", PYPI),
    ("package-index-url", "--extra-index-url https://robot:@PW@@pypi.corp.lan/simple\nrequests==2.32.3\n", PYPI),
    ("package-index-url", "pip install --index-url=https://robot:@PW@@pypi.corp.lan/simple app\n", PYPI),
    ("package-index-url", "PIP_INDEX_URL=https://robot:@PW@@pypi.corp.lan/simple\n", PYPI),
    ("package-index-url", 'ENV UV_DEFAULT_INDEX="https://robot:@PW@@pypi.corp.lan/simple"\n', PYPI),
    ("package-index-url", '[[tool.uv.index]]\nname = "corp"\nurl = "https://robot:@PW@@pypi.corp.lan/simple"\n', PYPI),
    ("package-index-url", '[[source]]\nurl = "https://robot:@PW@@pypi.corp.lan/simple"\nverify_ssl = true\n', PYPI),
    ("package-index-url", "pip config set global.index-url https://robot:@PW@@pypi.corp.lan/simple\n", PYPI),
    ("package-index-url", "--find-links https://robot:@PW@@pypi.corp.lan/simple\n", PYPI),
    ("package-index-url", "export GOPROXY=https://robot:@PW@@goproxy.corp.lan,direct\n", at("https://goproxy.corp.lan")),
    ("package-index-url", 'source "https://robot:@PW@@gems.corp.lan" do\n', at("https://gems.corp.lan")),
    ("package-index-url", "helm repo add corp https://robot:@PW@@charts.corp.lan\n", CHARTS),
    ("package-index-url", "--extra-index-url https://@PW@@pypi.corp.lan/simple\n", at("https://pypi.corp.lan/simple", None)),
    ("registry-table", '[http-basic.corp]\nusername = "robot"\npassword = "@PW@"\n', at("corp")),
    ("registry-table", '[registries.corp]\ntoken = "@PW@"\n', at("corp", None)),
    ("registry-table", '[registry]\ntoken = "@PW@"\n', at("crates.io", None)),
    ("registry-table", '[pypi-token]\ncorp = "@PW@"\n', at("corp", None)),
    ("package-settings-command", "poetry config http-basic.corp robot @PW@\n", at("corp")),
    ("package-settings-command", 'RUN poetry config --local http-basic.corp robot "@PW@"\n', at("corp")),
    ("package-settings-command", "poetry config pypi-token.corp @PW@\n", at("corp", None)),
    ("package-settings-command", "composer config --global --auth http-basic.repo.corp.lan robot '@PW@'\n", at("repo.corp.lan")),
    ("package-settings-command", "composer config -g bearer.repo.corp.lan @PW@\n", at("repo.corp.lan", None)),
    ("package-settings-command", "bundle config set --global gems.corp.lan robot:@PW@\n", GEMS),
    ("package-settings-command", "bundle config gems.corp.lan 'robot:@PW@'\n", GEMS),
    ("cargo-login", "cargo login @PW@\n", at("crates.io", None)),
    ("cargo-login", "cargo login --registry corp @PW@\n", at("corp", None)),
    ("maven-settings-password", SERVER % "@PW@", NEXUS),
    ("maven-settings-password", "<settings><servers>\n" + SERVER % "\n  @PW@\n  " + "</servers></settings>", NEXUS),
    ("maven-settings-password", SERVER % "<![CDATA[@PW@]]>", NEXUS),
    ("maven-settings-password", "<repository><id>nexus</id><url>https://nexus.corp.lan/m</url></repository>\n" + SERVER % "@PW@", at("https://nexus.corp.lan/m")),
    ("maven-settings-password", "<proxy><host>proxy.corp.lan</host><username>robot</username><password>@PW@</password></proxy>", at("proxy.corp.lan")),
    ("nuget-clear-text-password", NUGET, at("https://nuget.corp.lan/v3/index.json")),
    ("nuget-clear-text-password", NUGET.replace("\n", ""), at("https://nuget.corp.lan/v3/index.json")),
    ("nuget-clear-text-password", '<My_x0020_Feed><add key="username" value="robot" /><add key="cleartextpassword" value="@PW@" /></My_x0020_Feed>', at("My Feed")),
    ("package-command", "dotnet nuget add source https://nuget.corp.lan/v3 -n corp -u robot -p @PW@ --store-password-in-clear-text\n", at("https://nuget.corp.lan/v3")),
    ("package-command", "nuget sources add -Name corp -Source https://nuget.corp.lan/v3 -UserName robot -Password @PW@\n", at("https://nuget.corp.lan/v3")),
    ("ivy-credentials", '<credentials host="nexus.corp.lan" realm="Nexus" username="robot" passwd="@PW@"/>', at("nexus.corp.lan")),
    ("ivy-credentials", "<credentials\n  host='nexus.corp.lan'\n  username='robot'\n  passwd='@PW@' />", at("nexus.corp.lan")),
    ("gradle-credentials", 'maven {\n  url "https://nexus.corp.lan/m"\n  credentials {\n    username "robot"\n    password "@PW@"\n  }\n}\n', at("https://nexus.corp.lan/m")),
    ("gradle-credentials", 'maven {\n  credentials {\n    username = "robot"\n    password = "@PW@"\n  }\n  url = uri("https://nexus.corp.lan/m")\n}\n', at("https://nexus.corp.lan/m")),
    ("gradle-credentials", "maven { url = 'https://nexus.corp.lan/m'; credentials(PasswordCredentials) { username 'robot'; password '@PW@' } }", at("https://nexus.corp.lan/m")),
    ("registry-environment", "nexusUsername=robot\nnexusPassword=@PW@\nnexusUrl=https://nexus.corp.lan/m\n", at("https://nexus.corp.lan/m")),
    ("registry-environment", "artifactory_user=robot\nartifactory_password=@PW@\n", {"user": "robot"}),
    ("registry-environment", "mavenCentralUsername=robot\nmavenCentralPassword=@PW@\n", {"user": "robot"}),
    ("sbt-credentials", 'credentials += Credentials("Nexus Repository Manager", "nexus.corp.lan", "robot", "@PW@")\n', at("nexus.corp.lan")),
    ("sbt-credentials-file", "realm=Nexus Repository Manager\nhost=nexus.corp.lan\nuser=robot\npassword=@PW@\n", at("nexus.corp.lan")),
    ("composer-auth", json.dumps(HTTP_BASIC, indent=4), at("repo.corp.lan")),
    ("composer-auth", "COMPOSER_AUTH='" + json.dumps(HTTP_BASIC) + "'\n", at("repo.corp.lan")),
    ("composer-auth", "COMPOSER_AUTH=" + json.dumps(json.dumps(HTTP_BASIC)) + "\n", at("repo.corp.lan")),
    ("composer-auth", json.dumps({"bearer": {"repo.corp.lan": "@PW@"}}), at("repo.corp.lan", None)),
    ("composer-auth", json.dumps({"github-oauth": {"github.corp.lan": "@PW@"}}), at("github.corp.lan", None)),
    ("composer-auth", json.dumps({"gitlab-token": {"gitlab.corp.lan": {"username": "robot", "token": "@PW@"}}}), at("gitlab.corp.lan")),
    ("bundler-credential", '---\nBUNDLE_GEMS__CORP__LAN: "robot:@PW@"\n', GEMS),
    ("bundler-credential", "export BUNDLE_GEMS__CORP__LAN=robot:@PW@\n", GEMS),
    ("bundler-credential", "BUNDLE_GEMS__MY___CORP__LAN=@PW@\n", at("gems.my-corp.lan", None)),
    ("bundler-credential", "BUNDLE_GEMS__CORP__LAN=@PW@:x-oauth-basic\n", at("gems.corp.lan", None)),
    ("pause-login", "user ROBOT\npassword @PW@\n", {"user": "ROBOT"}),
    ("helm-repositories-file", "apiVersion: ''\nrepositories:\n- caFile: ''\n  insecure_skip_tls_verify: false\n  name: corp\n  pass_credentials_all: false\n"
     "  password: @PW@\n  url: https://charts.corp.lan\n  username: robot\n", CHARTS),
    ("helm-repository-login", "repositories:\n- name: corp\n  url: https://charts.corp.lan\n  username: robot\n  password: @PW@\nreleases: []\n", CHARTS),
    ("helm-repository-login", "repositories:\n  - name: corp\n    url: charts.corp.lan\n    oci: true\n    username: robot\n    password: '@PW@'\n", at("charts.corp.lan")),
    ("package-command", "helm repo add corp https://charts.corp.lan --username robot --password @PW@\n", CHARTS),
    ("package-command", "helm upgrade --install a app --repo https://charts.corp.lan --username robot --password '@PW@'\n", CHARTS),
    ("package-command", "twine upload --repository-url https://pypi.corp.lan/simple -u robot -p @PW@ dist/*\n", PYPI),
    ("package-command", "uv publish --publish-url https://pypi.corp.lan/simple --username robot --password @PW@\n", PYPI),
    ("package-command", "jf c add corp --url=https://corp.jfrog.io --user=robot --password=@PW@ --interactive=false\n", at("https://corp.jfrog.io")),
    ("package-command", "flux create secret helm corp --username=robot --password=@PW@\n", {"user": "robot"}),
    ("package-command", "mix hex.repo add corp https://hex.corp.lan --auth-key @PW@\n", at("https://hex.corp.lan", None)),
    ("jfrog-config", json.dumps(JFROG), at("https://corp.jfrog.io/")),
    ("jfrog-config", json.dumps(JFROG, indent=2), at("https://corp.jfrog.io/")),
    ("registry-environment", "TWINE_USERNAME=robot\nTWINE_PASSWORD=@PW@\nTWINE_REPOSITORY_URL=https://pypi.corp.lan/simple\n", PYPI),
    ("registry-environment", "env:\n  UV_INDEX_CORP_USERNAME: robot\n  UV_INDEX_CORP_PASSWORD: '@PW@'\n", {"user": "robot"}),
    ("registry-environment", "POETRY_HTTP_BASIC_CORP_USERNAME=robot POETRY_HTTP_BASIC_CORP_PASSWORD=@PW@ poetry install\n", {"user": "robot"}),
    ("package-token-environment", "CARGO_REGISTRIES_CORP_TOKEN=@PW@\n", {}),
    ("package-token-environment", 'env:\n  NODE_AUTH_TOKEN: "@PW@"\n', {}),
    ("package-token-environment", "NUGET_API_KEY=@PW@@PW@\n", {}),
    ("netrc", "machine git.corp.lan\n  login robot\n  password @PW@\n", {"host": "git.corp.lan", "user": "robot"}),
    ("netrc", "machine goproxy.corp.lan login robot password @PW@\n", {"host": "goproxy.corp.lan", "user": "robot"}),
]


@pytest.mark.parametrize(("rule", "shape", "parts"), SHAPES, ids=lambda _: ROW)
def test_names_registry_and_user_of_a_login(rule: str, shape: str, parts: dict[str, str]) -> None:
    made = words()
    text = made.filled(shape)
    hits = seen(text)
    assert told(hits) == [(rule, parts)]
    if "@PW@@PW@" not in shape:
        assert hits[0].value == made.password.encode()
        assert covered(text, hits, made)


def test_a_channel_token_of_conda_is_told_with_its_host() -> None:
    token = "ab-" + "0a4f9c1e-7d2b-4c6a-" + "8f3e-5b9d2e7c1a40"
    hits = seen(f"channels:\n  - https://conda.anaconda.org/t/{token}/acme\n")
    assert told(hits) == [("conda-channel-token", {"registry": "conda.anaconda.org"})]
    assert hits[0].value == token.encode()


def test_every_server_of_the_settings_is_found() -> None:
    made = words()
    text = "<servers>\n" + "".join(SERVER.replace("nexus", f"s{n}") % f"{made.password}{n}" for n in range(5)) + "</servers>\n"
    assert told(seen(text)) == [("maven-settings-password", at(f"s{n}")) for n in range(5)]


def test_every_section_of_a_pypirc_is_found() -> None:
    made = words()
    sections = "".join(f"[s{n}]\nusername = bot{n}\npassword = {made.password}{n}\n\n" for n in range(4))
    assert told(seen("[distutils]\nindex-servers =\n    s0\n\n" + sections)) == [("pypirc-password", at(f"s{n}", f"bot{n}")) for n in range(4)]


def test_entities_of_xml_are_undone() -> None:
    made = words()
    hits = seen(SERVER % (made.password + "&amp;&lt;x"))
    assert [hit.value for hit in hits] == [made.password.encode() + b"&<x"]


@pytest.mark.parametrize(
    "text",
    [
        "<servers><server><id>deploymentRepo</id><username>repouser</username><password>repopwd</password></server></servers>",
        "<proxy><host>proxy.host.net</host><username>proxyuser</username><password>proxypass</password></proxy>",
        "imageCredentials:\n  registry: quay.io\n  username: someone\n  password: sillyness\n",
        "bundle config set --global gems.longerous.com claudette:s00pers3krit\n",
    ],
    ids=lambda _: ROW,
)
def test_what_the_tools_print_themselves_is_a_known_example(text: str) -> None:
    assert [examples.known(hit.value) for hit in seen(text)] == [True]
