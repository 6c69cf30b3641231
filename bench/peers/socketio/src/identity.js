// Verifies a JWT: its claims, or null if it is not valid.

import jwt from 'jsonwebtoken';

const SECRET = process.env.JWT_SECRET;

export function caller(token) {
  try {
    const { sub, role, name, exp } = jwt.verify(token, SECRET, { algorithms: ['HS256'] });
    const known = typeof sub === 'string' && typeof name === 'string' && Number.isInteger(exp);
    return known && (role === 'customer' || role === 'admin') ? { userId: sub, role, name, exp } : null;
  } catch {
    return null;
  }
}
