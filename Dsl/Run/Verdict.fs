namespace Vantage

open FsCheck
open FsCheck.FSharp

/// What became of one law.
type Verdict = {
    Law: string
    /// None where the law held in every trial; otherwise the smallest counterexample that shrinking found, in words.
    Counterexample: string option
    /// Trials that the law could be tried on.
    Trials: int
}

/// Laws: how they are tried, shrunk and told.
module Verdict =
    /// FsCheck's runner that keeps a failure instead of raising it.
    type private Keeper() =
        member val Failed = false with get, set
        interface IRunner with
            member _.OnStartFixture _ = ()
            member _.OnArguments(_, _, _) = ()
            member _.OnShrink(_, _) = ()
            member this.OnFinished(_, result) =
                match result with
                | TestResult.Failed _ -> this.Failed <- true
                | TestResult.Passed _
                | TestResult.Exhausted _ -> ()

    /// Tries a law so many times. `fault` says what is wrong with a trial, in words, where anything is; `possible` whether the law says anything of it.
    let internal tryLaw
        trials
        (arbitrary: Arbitrary<'trial>)
        (possible: 'trial -> bool)
        never
        law
        (fault: 'trial -> string option)
        =
        let found = ref None
        let tried = ref 0
        let keeper = Keeper ()
        let holds trial =
            if not (possible trial) then
                true
            else
                tried.Value <- tried.Value + 1
                let fault = fault trial
                fault |> Option.iter (fun text -> found.Value <- Some text)
                fault.IsNone
        let config = Config.QuickThrowOnFailure.WithMaxTest(trials).WithRunner keeper
        Check.One (config, Prop.forAll arbitrary holds)
        {
            Law = law
            // The last counterexample that shrinking met is the smallest.
            Counterexample =
                if keeper.Failed then found.Value
                elif tried.Value = 0 then Some never
                else None
            Trials = tried.Value
        }
