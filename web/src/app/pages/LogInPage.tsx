import { useState } from "react";
import type { Person } from "../../protocol.ts";
import { type DemoPerson, PEOPLE } from "../demo.ts";
import { Avatar } from "../parts/Avatar.tsx";
import { type LogIn, demoToken } from "../session.ts";

/** The demo's log-in page: choose a person. */
export function LogInPage({ onLogIn }: { onLogIn: (logIn: LogIn) => void }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();

  const pick = async (me: DemoPerson) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const token = await demoToken(me);
      if (token === undefined) setProblem("This server has no demo log-in. Please log in at the shop.");
      else onLogIn({ me, token });
    } catch {
      setProblem("The server cannot be reached. Is it running? Try again in a moment.");
    }
    setBusy(false);
  };
  const choice = (role: Person["role"]) =>
    PEOPLE.filter((person) => person.role === role).map((person) => (
      <li key={person.userId}>
        <button type="button" className="person" disabled={busy} onClick={() => void pick(person)}>
          <Avatar name={person.name} />
          <span>{person.name}</span>
          {person.agent === true && <span className="badge">Agent</span>}
        </button>
      </li>
    ));
  return (
    <main className="login">
      <title>Log in – Order chat</title>
      <div className="login-card">
        <img src="/icon.svg" alt="" width="56" height="56" />
        <h1>Order chat</h1>
        <p className="muted">
          Chat with the shop about your orders. Choose a person to begin. Open a second window to log in as another person.
        </p>
        <h2 id="customers">Customers</h2>
        <ul className="people" aria-labelledby="customers">
          {choice("customer")}
        </ul>
        <h2 id="admins">Shop staff</h2>
        <ul className="people" aria-labelledby="admins">
          {choice("admin")}
        </ul>
        <p role="alert" className="form-problem">
          {problem}
        </p>
      </div>
    </main>
  );
}
