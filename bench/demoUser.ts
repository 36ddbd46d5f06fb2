/** The user of the sandbox that all ways log in as. */
export const demoUser = { username: 'demo', password: 'demo-password' };
