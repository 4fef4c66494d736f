// A sign-on provider for tests: node provider.js PORT REDIRECT_URI POST_LOGOUT_URI
// Whoever logs in is who they say; the name is also the subject.
import { Provider } from 'oidc-provider';

const [port, redirect, afterLogout] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'eportal',
      client_secret: 'a secret that only both know',
      redirect_uris: [redirect],
      post_logout_redirect_uris: [afterLogout],
    },
  ],
  claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, email: `${id}@example.com`, email_verified: false }),
  }),
  cookies: { keys: ['only for tests'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
