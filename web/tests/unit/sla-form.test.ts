import { expect, test } from "vitest";
import { ApiError } from "../../src/client/index.ts";
import { fieldProblem, problemAt } from "../../src/app/settings/field-problem.ts";
import { type SlaForm, formOf, slaOf } from "../../src/app/settings/sla-form.ts";
import { problemsOf } from "../../src/app/settings/sla-problems.ts";
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
  expect(problemsOf(form).size).toBe(0);
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

test("what is wrong is found before it is sent, with its field", () => {
  const form = formOf(SLA, "Asia/Tokyo");
  const withTime = (value: string, unit: "minutes" | "hours"): SlaForm => ({ ...form, targets: { ...form.targets, low: { asDefault: false, times: { ...form.targets.low.times, nextResponseMinutes: { value, unit } } } } });
  const withMonday = (...monday: SlaForm["week"]["monday"]): SlaForm => ({ ...form, week: { ...form.week, monday } });
  for (const [value, unit] of [["soon", "hours"], ["0", "minutes"], ["-1", "hours"], ["1.5", "hours"], ["8761", "hours"]] as const) {
    expect([...problemsOf(withTime(value, unit)).keys()], value).toEqual(["policy.targets.low.nextResponseMinutes"]);
  }
  expect(problemsOf(withTime("8760", "hours")).size).toBe(0);
  for (const monday of [[["09:00", "09:00"]], [["", "10:00"]], [["09:00", "12:00"], ["11:00", "13:00"]], [["09:00", "00:00"], ["10:00", "11:00"]]] as const) {
    expect([...problemsOf(withMonday(...monday)).keys()], String(monday)).toEqual(["policy.calendar.week.monday"]);
  }
  expect(problemsOf(withMonday(["00:00", "12:00"], ["12:00", "00:00"])).size).toBe(0);
  expect([...problemsOf({ ...withMonday(), week: { ...form.week, monday: [], friday: [] } }).keys()]).toEqual(["policy.calendar.week"]);
  expect(problemsOf({ ...withTime("soon", "hours"), on: false }).size).toBe(0);
});

test("a problem is shown at its field", () => {
  const refused = (detail: string) => fieldProblem(new ApiError(detail, { code: "invalid_request", status: 422 }));
  expect(refused("name: another tag has this name")).toEqual({ field: "name", text: "Another tag has this name." });
  const hours = refused("policy.calendar.week.monday[1]: a span that starts at 09:00 must end later than at 09:00");
  expect(problemAt(hours, "policy.calendar.week.monday")).toBe("A span that starts at 09:00 must end later than at 09:00.");
  expect(problemAt(hours, "policy.calendar.week.mon")).toBeUndefined();
  expect(fieldProblem(new ApiError("Your role", { code: "forbidden", status: 403 }))?.text).toBe("Only an admin can change this.");
  expect(refused("policy.targets.?.firstResponseMinutes: must be 1 to 525,600 minutes")).toEqual({ field: undefined, text: "Must be 1 to 525,600 minutes." });
  expect(fieldProblem(null)).toBeUndefined();
});
