// The address by which authenticator apps take a secret. @source https://github.com/google/google-authenticator/wiki/Key-Uri-Format

/** Algorithm, digits and period are what every app takes for granted, and some take nothing else. */
export function renderOtpauth(host: string, user: string, secretBase32: string): string {
  const label = `${encodeURIComponent('Corbel')}:${encodeURIComponent(`${user}@${host}`)}`
  return `otpauth://totp/${label}?secret=${secretBase32}&issuer=Corbel&algorithm=SHA1&digits=6&period=30`
}
