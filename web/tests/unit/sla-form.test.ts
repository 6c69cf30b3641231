import { expect, test } from "vitest";
import { ApiError } from "../../src/client/index.ts";
import { fieldProblem, problemAt } from "../../src/app/settings/field-problem.ts";
import { formOf, hasProblem, slaOf } from "../../src/app/settings/sla-form.ts";
import type { Sla } from "../../src/protocol.ts";

const SLA: Sla = {
  policy: {
    targets: {
      none: { firstResponseMinutes: 120, nextResponseMinutes: 240, resolutionMinutes: 2880 },
      low: {},
      urgent: { firstResponseMinutes: 15 },
    },
    calendar: {
      timezone: "Europe/Berlin",
      week: { monday: [["09:00", "12:00"], ["13:00", "18:00"]], friday: [["09:00", "24:00"]] },
      holidays: ["2026-12-25"],
    },
  },
};

test.each([SLA, {}, { policy: { targets: { none: { firstResponseMinutes: 90 } } } }] as Sla[])("a form that nobody has touched gives the same SLA: %j", (sla) => {
  const form = formOf(sla, "Asia/Tokyo");
  expect(hasProblem(form)).toBe(false);
  expect(slaOf(form)).toEqual(sla);
});

test("a priority without an entry has the times of none, and one with an empty entry has no clocks", () => {
  const { targets } = formOf(SLA, "Asia/Tokyo");
  expect([targets.medium.asDefault, targets.low.asDefault, targets.urgent.asDefault]).toEqual([true, false, false]);
  expect(targets.none.times.firstResponseMinutes).toEqual({ value: "2", unit: "hours" });
  expect(targets.urgent.times.firstResponseMinutes).toEqual({ value: "15", unit: "minutes" });
});

test("a new SLA begins with usual hours in the reader's time zone", () => {
  const sla = slaOf({ ...formOf({}, "Asia/Tokyo"), on: true, always: false, holidays: ["2026-12-26", "", "2026-12-25", "2026-12-25"] });
  expect(sla.policy?.calendar?.timezone).toBe("Asia/Tokyo");
  expect(Object.keys(sla.policy?.calendar?.week ?? {})).toEqual(["monday", "tuesday", "wednesday", "thursday", "friday"]);
  expect(sla.policy?.calendar?.holidays).toEqual(["2026-12-25", "2026-12-26"]);
});

test("what is no number is found before it is sent", () => {
  const form = formOf(SLA, "Asia/Tokyo");
  const wrong = { ...form, targets: { ...form.targets, none: { asDefault: false, times: { ...form.targets.none.times, nextResponseMinutes: { value: "soon", unit: "hours" as const } } } } };
  expect(hasProblem(wrong)).toBe(true);
  expect(hasProblem({ ...wrong, on: false })).toBe(false);
});

test("a problem is shown at its field", () => {
  const refused = (detail: string) => fieldProblem(new ApiError(detail, { code: "invalid_request", status: 422 }));
  expect(refused("name: another tag has this name")).toEqual({ field: "name", text: "Another tag has this name." });
  const hours = refused("policy.calendar.week.monday[1]: a span that starts at 09:00 must end later than at 09:00");
  expect(problemAt(hours, "policy.calendar.week.monday")).toBe("A span that starts at 09:00 must end later than at 09:00.");
  expect(problemAt(hours, "policy.calendar.week.mon")).toBeUndefined();
  expect(fieldProblem(new ApiError("Your role", { code: "forbidden", status: 403 }))?.text).toBe("Only an admin can change this.");
  expect(fieldProblem(null)).toBeUndefined();
});
